#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kit/mode_kit.hpp"

// What operators see and do: stuck transactions, alerts, retry policies, skipped calls.
namespace treaty {
namespace {

using kit::mode_machine;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

mode_machine message(std::vector<std::string> steps, server_policy policy = {}, txn_options options = {}) {
  mode_machine made{{.type = trans_type::msg, .steps = std::move(steps), .options = std::move(options)}, policy};
  made.submit();
  return made;
}

void fail(mode_machine& one, std::string_view leg, int times, call_outcome how = call_outcome::unknown) {
  for (int done = 0; done < times; ++done) {
    one.answer(leg, how, "boom");
    ASSERT_TRUE(one.fire_next_timer());
  }
}

answer skip(mode_machine& one, std::string branch, std::string op) {
  one.take_replies();
  one.offer(skip_requested{branch_id{std::move(branch)}, std::move(op), 9, {"ada", "paid by hand"}});
  const auto replies = one.take_replies();
  return replies.empty() ? answer{answer_kind::internal, "no reply"} : replies.front().what;
}

// An operator looks at what cannot go on by itself; a single hiccup is not that.
TEST(Stuck, AfterFailuresInARowAndNotBefore) {
  auto one = message({"debit"});
  fail(one, "01 action", 2);
  EXPECT_FALSE(one.progress().stuck);
  fail(one, "01 action", 1);
  EXPECT_TRUE(one.progress().stuck);
  EXPECT_EQ(one.progress().last_error, "boom");
  EXPECT_EQ(one.progress().legs.front().failures, 3U);
  one.answer("01 action", call_outcome::success);
  EXPECT_FALSE(one.progress().stuck);
}

// Who answers "ongoing" is at work.
TEST(Stuck, NotByOngoingAnswers) {
  auto one = message({"debit"});
  fail(one, "01 action", 10, call_outcome::ongoing);
  EXPECT_FALSE(one.progress().stuck);
  EXPECT_EQ(one.progress().legs.front().attempts, 10U);
}

TEST(Stuck, OngoingEndsARowOfFailures) {
  auto one = message({"debit"});
  fail(one, "01 action", 3);
  one.answer("01 action", call_outcome::ongoing);
  EXPECT_FALSE(one.progress().stuck);
}

TEST(Stuck, AsLongAsAnyCallIs) {
  auto one = message({"debit", "credit"}, {}, {.concurrent = true});
  for (int round = 0; round < 3; ++round) {
    one.answer("01 action", call_outcome::unknown);
    one.answer("02 action", call_outcome::unknown);
    one.fire_next_timer();
  }
  ASSERT_TRUE(one.progress().stuck);
  one.answer("01 action", call_outcome::success);
  EXPECT_TRUE(one.progress().stuck);
  one.answer("02 action", call_outcome::success);
  EXPECT_FALSE(one.progress().stuck);
  EXPECT_EQ(one.status(), txn_status::succeed);
}

// Nobody asks a sender again whose transaction was aborted meanwhile.
TEST(Stuck, SilentSenderThatCannotBeAskedIsStuckUntilItSpeaks) {
  mode_machine one{{.type = trans_type::msg, .steps = {"debit"}, .query_prepared = "http://sender/query"}};
  one.prepare();
  ASSERT_TRUE(one.fire_next_timer());
  for (int round = 0; round < 3; ++round) {
    one.say(call_outcome::unknown, "refused");
    one.fire_next_timer();
  }
  EXPECT_TRUE(one.progress().stuck);
  one.submit();
  EXPECT_FALSE(one.progress().stuck);
}

// The numbers are the peer's: the third failure in a row is the first that is told, as retry_count 3, then each.
TEST(Alerts, FromTheLimitOnAtEachFailure) {
  auto one = message({"debit"}, {.alert_after = 3});
  fail(one, "01 action", 2);
  EXPECT_THAT(one.take_alerts(), IsEmpty());
  fail(one, "01 action", 2);
  const auto alerts = one.take_alerts();
  ASSERT_THAT(alerts, SizeIs(2));
  EXPECT_EQ(alerts[0].failures, 3U);
  EXPECT_EQ(alerts[1].failures, 4U);
  EXPECT_THAT(alerts[0].error, HasSubstr("unkown result will be retried: boom"));
}

TEST(Alerts, NoneForOngoingAnswersAndNoneWithoutALimit) {
  auto patient = message({"debit"}, {.alert_after = 3});
  fail(patient, "01 action", 5, call_outcome::ongoing);
  EXPECT_THAT(patient.take_alerts(), IsEmpty());
  auto quiet = message({"debit"});
  fail(quiet, "01 action", 5);
  EXPECT_THAT(quiet.take_alerts(), IsEmpty());
}

TEST(RetryPolicyOfATransaction, NamesItsGrowthAndItsCap) {
  auto one = message({"debit"}, {},
                     {.retry_interval = seconds{4}, .retry_interval_max = seconds{8}, .retry_growth_percent = 150});
  std::vector<std::chrono::milliseconds> waits;
  for (int round = 0; round < 4; ++round) {
    one.answer("01 action", call_outcome::unknown);
    waits.push_back(*one.wait());
    one.fire_next_timer();
  }
  EXPECT_THAT(waits, ElementsAre(seconds{4}, seconds{6}, seconds{8}, seconds{8}));
}

// What no call can settle, an operator can: the transaction goes on as if the branch had succeeded.
TEST(Skip, TakesAStuckCallForDone) {
  auto one = message({"debit", "credit"});
  fail(one, "01 action", 1);
  one.answer("01 action", call_outcome::unknown);
  one.take_calls();
  EXPECT_EQ(skip(one, "01", "action"), answer{});
  EXPECT_EQ(one.last_write(), urgency::now);
  EXPECT_THAT(one.take_calls(), ElementsAre("02 action"));
  one.answer("02 action", call_outcome::success);
  EXPECT_EQ(one.status(), txn_status::succeed);
}

TEST(Skip, AnswerThatComesLaterChangesNothing) {
  auto one = message({"debit"});
  EXPECT_EQ(skip(one, "01", "action"), answer{});
  EXPECT_EQ(one.status(), txn_status::succeed);
  one.answer("01 action", call_outcome::unknown);
  EXPECT_EQ(one.status(), txn_status::succeed);
  EXPECT_EQ(one.legs(), "[S]");
}

TEST(Skip, RefusesWhatWasNeverCalledOrIsNotThere) {
  auto one = message({"debit", "credit"});
  EXPECT_EQ(skip(one, "02", "action").kind, answer_kind::failure);
  EXPECT_EQ(skip(one, "03", "action").kind, answer_kind::internal);
  EXPECT_EQ(skip(one, "01", "compensate").kind, answer_kind::internal);
  EXPECT_EQ(one.status(), txn_status::submitted);
}

TEST(Skip, OnlyInTheDirectionThatWasDecided) {
  auto one = kit::with_branches(trans_type::tcc, {"01"});
  EXPECT_EQ(skip(one, "01", "confirm").kind, answer_kind::failure);
  one.abort();
  EXPECT_EQ(skip(one, "01", "confirm").kind, answer_kind::failure);
  EXPECT_EQ(skip(one, "01", "cancel"), answer{});
  EXPECT_EQ(one.status(), txn_status::failed);
  EXPECT_EQ(skip(one, "01", "cancel").kind, answer_kind::failure);
}

TEST(Skip, NothingOfAWorkflowIsOurs) {
  auto one = kit::with_branches(trans_type::workflow, {"01"});
  EXPECT_EQ(skip(one, "01", "action").kind, answer_kind::failure);
}

}  // namespace
}  // namespace treaty
