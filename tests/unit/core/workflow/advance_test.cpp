#include "core/workflow/advance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/kit/mode_kit.hpp"

// A workflow, row by row (docs/protocol.md §5.7): the application decides, we remember and call it back.
namespace treaty {
namespace {

using kit::mode_machine;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto success = call_outcome::success;
constexpr auto refused = call_outcome::failure;
constexpr auto ongoing = call_outcome::ongoing;
constexpr auto unknown = call_outcome::unknown;

reply ok(client_token to) {
  return {to, {}};
}
reply refusal(client_token to, std::string text) {
  return {to, {answer_kind::failure, std::move(text)}};
}

mode_machine begun(txn_options options = {}) {
  mode_machine made{
      {.type = trans_type::workflow, .query_prepared = "http://bank/execute", .options = std::move(options)}};
  made.prepare();
  return made;
}
mode_machine called_back(txn_options options = {}) {
  mode_machine made = begun(std::move(options));
  made.fire_next_timer();
  made.take_calls();
  return made;
}

// Beginning again is how an application learns what it has done before, whatever became of it.
TEST(WorkflowPrepare, IsNeverRefused) {
  mode_machine flow = begun();
  flow.register_branch({.id = "01"});
  flow.prepare(1);
  flow.end(txn_status::succeed);
  flow.prepare(2);
  EXPECT_EQ(flow.last_write(), urgency::none);
  EXPECT_THAT(flow.take_replies(), ElementsAre(ok(1), ok(2)));
  EXPECT_EQ(flow.status(), txn_status::succeed);
  EXPECT_EQ(flow.legs(), "[S]");
}

TEST(WorkflowRegister, KeepsWhatWasDoneAndHowItEnded) {
  mode_machine flow = begun();
  flow.register_branch({.id = "01"}, 1);
  EXPECT_EQ(flow.last_write(), urgency::now) << "whoever is told so must find it after a crash";
  flow.register_branch({.id = "02", .status = leg_status::failed}, 2);
  flow.register_branch({.id = "02", .op_name = "rollback"}, 3);
  EXPECT_THAT(flow.take_replies(), ElementsAre(ok(1), ok(2), ok(3)));
  EXPECT_EQ(flow.legs(), "[S,F,S]");
  EXPECT_EQ(kit::leg_name(flow.state().record, 2), "02 rollback");
  EXPECT_EQ(view_leg(flow.state().record, 0).payload, "{\"amount\":30}");
  EXPECT_THAT(flow.take_calls(), IsEmpty()) << "none of them is ours to call";
}

TEST(WorkflowRegister, OfTheSameBranchAndOperationIsAnError) {
  mode_machine flow = begun();
  flow.register_branch({.id = "01"});
  flow.register_branch({.id = "01"}, 1);
  EXPECT_THAT(flow.take_replies(), ElementsAre(reply{1, {answer_kind::error, "storage: UniqueKeyConflict"}}));
  EXPECT_EQ(flow.legs(), "[S]");
}

TEST(WorkflowRegister, OfAnotherTypeIsAnError) {
  mode_machine flow = begun();
  flow.offer(kit::registration(trans_type::tcc, {.id = "01"}, 1));
  const auto replies = flow.take_replies();
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].what.kind, answer_kind::error);
  EXPECT_EQ(flow.legs(), "[]");
}

TEST(WorkflowRegister, ForNothingOrAfterTheEndIsRefused) {
  const std::string text = "no trans with gid: g1 status: prepared found FAILURE";
  mode_machine none{{.type = trans_type::workflow}};
  none.register_branch({.id = "01"}, 1);
  EXPECT_THAT(none.take_replies(), ElementsAre(refusal(1, text)));
  mode_machine over = begun();
  over.end(txn_status::failed);
  over.register_branch({.id = "01"}, 2);
  EXPECT_THAT(over.take_replies(), ElementsAre(refusal(2, text)));
  EXPECT_EQ(over.legs(), "[]");
}

TEST(WorkflowEnd, IsTheApplicationsWord) {
  mode_machine good = begun();
  good.end(txn_status::succeed, 1, "", "cmVz");
  EXPECT_EQ(good.last_write(), urgency::now);
  EXPECT_EQ(good.status(), txn_status::succeed);
  EXPECT_EQ(good.progress().result, "cmVz");
  EXPECT_TRUE(is_set(good.progress().finish_time));
  EXPECT_THAT(good.take_replies(), ElementsAre(ok(1)));
  mode_machine bad = begun();
  bad.end(txn_status::failed, 2, "no money");
  EXPECT_EQ(bad.status(), txn_status::failed);
  EXPECT_EQ(bad.progress().rollback_reason, "no money");
  EXPECT_TRUE(is_set(bad.progress().rollback_time));
  EXPECT_THAT(bad.take_replies(), ElementsAre(ok(2)));
}

TEST(WorkflowEnd, OfNothingOrTwiceIsNotFound) {
  const answer not_found{answer_kind::internal, "storage: NotFound"};
  mode_machine none{{.type = trans_type::workflow}};
  none.end(txn_status::succeed, 1);
  EXPECT_THAT(none.take_replies(), ElementsAre(reply{1, not_found}));
  EXPECT_FALSE(none.state().exists());
  mode_machine flow = begun();
  flow.end(txn_status::failed, 2);
  flow.end(txn_status::succeed, 3);
  EXPECT_THAT(flow.take_replies(), ElementsAre(ok(2), reply{3, not_found}));
  EXPECT_EQ(flow.status(), txn_status::failed);
}

TEST(WorkflowEnd, MustBeAnEnd) {
  for (const txn_status status : {txn_status::prepared, txn_status::submitted, txn_status::aborting}) {
    mode_machine flow = begun();
    flow.end(status, 1);
    const auto replies = flow.take_replies();
    ASSERT_EQ(replies.size(), 1u);
    EXPECT_EQ(replies[0].what.kind, answer_kind::invalid);
    EXPECT_EQ(flow.status(), txn_status::prepared);
  }
  mode_machine flow = begun();
  flow.submit(2);
  EXPECT_EQ(flow.take_replies().at(0).what.kind, answer_kind::invalid) << "without a status";
}

TEST(WorkflowAbort, IsRefused) {
  for (const trans_type named : all_trans_types) {
    mode_machine flow = begun();
    flow.abort(1, "", named);
    EXPECT_THAT(flow.take_replies(),
                ElementsAre(refusal(1, "trans type: 'workflow' current status 'prepared', cannot abort. FAILURE")));
    EXPECT_EQ(flow.status(), txn_status::prepared);
  }
}

// DTM calls back every ten seconds for ever (Q10).
TEST(WorkflowCallBack, WaitsLongerEachTimeWhateverIsAnswered) {
  mode_machine flow = begun();
  EXPECT_EQ(flow.wait(), milliseconds{10'000});
  ASSERT_TRUE(flow.fire_next_timer());
  EXPECT_THAT(flow.take_calls(), ElementsAre("ask"));
  for (const auto& [outcome, wait] : {std::pair{unknown, 10}, std::pair{refused, 20}, std::pair{success, 40}}) {
    flow.say(outcome, "said");
    EXPECT_EQ(flow.status(), txn_status::prepared) << "only its own submit ends it";
    EXPECT_EQ(flow.wait(), seconds{wait});
    ASSERT_TRUE(flow.fire_next_timer());
    EXPECT_THAT(flow.take_calls(), ElementsAre("ask"));
  }
  flow.say(ongoing);
  EXPECT_EQ(flow.wait(), seconds{40}) << "it is at work: the pace stays";
  for (int round = 0; round < 10; ++round) {
    ASSERT_TRUE(flow.fire_next_timer());
    flow.say(unknown);
    ASSERT_LE(*flow.wait(), seconds{600});
  }
}

TEST(WorkflowCallBack, KeepsItsOwnPaceThroughout) {
  mode_machine flow = begun({.retry_interval = seconds{2}});
  EXPECT_EQ(flow.wait(), seconds{2});
  flow.fire_next_timer();
  flow.say(unknown);
  EXPECT_EQ(flow.wait(), seconds{2});
}

// An operator who reads the last error must not find a success there.
TEST(WorkflowCallBack, HeardIsNoError) {
  mode_machine flow = called_back();
  flow.say(unknown, "HTTP 503");
  EXPECT_EQ(flow.progress().last_error, "HTTP 503");
  flow.fire_next_timer();
  flow.say(success, "{\"all\":\"well\"}");
  EXPECT_EQ(flow.progress().last_error, "");
}

TEST(WorkflowCallBack, IsNotMadeWithoutAnAddress) {
  mode_machine flow{{.type = trans_type::workflow}};
  flow.prepare();
  EXPECT_EQ(flow.wait(), std::nullopt);
  flow.pass_and_fire(hours{1});
  flow.offer(retry_requested{1});
  EXPECT_THAT(flow.take_calls(), IsEmpty());
}

TEST(WorkflowCallBack, IsOverWithTheWorkflow) {
  mode_machine flow = called_back();
  flow.end(txn_status::succeed);
  flow.say(unknown);
  EXPECT_EQ(flow.last_write(), urgency::none);
  EXPECT_FALSE(flow.fire_next_timer());
}

TEST(WorkflowCallBack, IsMadeAgainAfterACrash) {
  mode_machine flow = called_back();
  flow.crash();
  EXPECT_THAT(flow.take_calls(), ElementsAre("ask"));
  flow.say(unknown);
  flow.crash();
  EXPECT_THAT(flow.take_calls(), IsEmpty());
  EXPECT_EQ(flow.wait(), milliseconds{10'000});
}

TEST(WorkflowCallBack, HugeIntervalsDoNoHarm) {
  mode_machine flow = begun({.retry_interval = seconds{std::numeric_limits<std::int64_t>::max()}});
  EXPECT_GT(*flow.wait(), hours{24 * 365 * 99});
  flow.fire_next_timer();
  flow.say(unknown);
  EXPECT_GT(*flow.wait(), hours{24 * 365 * 99});
}

TEST(WorkflowForceStop, EndsIt) {
  mode_machine flow = called_back();
  flow.register_branch({.id = "01"});
  flow.offer(force_stop_requested{1});
  EXPECT_EQ(flow.status(), txn_status::failed);
  EXPECT_EQ(flow.legs(), "[S]");
  EXPECT_FALSE(flow.fire_next_timer());
  flow.offer(force_stop_requested{2});
  EXPECT_THAT(flow.take_replies(),
              ElementsAre(ok(1), refusal(2, "global transaction force stop error. status: failed. error: FAILURE")));
}

TEST(WorkflowRetry, CallsBackAtOnceButNotTwice) {
  mode_machine flow = begun();
  flow.offer(retry_requested{1});
  EXPECT_THAT(flow.take_calls(), ElementsAre("ask"));
  flow.offer(retry_requested{2});
  EXPECT_THAT(flow.take_calls(), IsEmpty()) << "one is under way";
  flow.say(unknown);
  flow.offer(retry_requested{3});
  EXPECT_THAT(flow.take_calls(), ElementsAre("ask"));
  EXPECT_THAT(flow.take_replies(), ElementsAre(ok(1), ok(2), ok(3)));
}

}  // namespace
}  // namespace treaty
