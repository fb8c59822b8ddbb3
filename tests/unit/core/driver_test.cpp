#include "core/driver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/saga/state.hpp"
#include "tests/kit/driver_host.hpp"

namespace treaty {
namespace {

using kit::call;
using kit::driver_host;
using kit::legs_text;
using kit::saga_spec;
using kit::write_fate;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto action = branch_op::action;
constexpr auto compensate = branch_op::compensate;
constexpr auto success = call_outcome::success;
constexpr auto refused = call_outcome::failure;
constexpr auto unknown = call_outcome::unknown;

driver_host submitted(saga_spec spec) {
  driver_host host{std::move(spec)};
  host.submit();
  host.durable();
  return host;
}

// A client that was told "ok", and a participant that was called, must be remembered through a crash.
TEST(Driver, AnswersAndCallsNobodyBeforeTheSubmitIsDurable) {
  driver_host host{{{"debit"}}};
  host.submit(1);
  EXPECT_THAT(host.take_calls(), IsEmpty());
  EXPECT_THAT(host.take_replies(), IsEmpty());
  EXPECT_TRUE(host.write_under_way());
  host.durable();
  EXPECT_THAT(host.take_calls(), ElementsAre(call{"debit", action}));
  EXPECT_THAT(host.take_replies(), ElementsAre(reply{1, {}}));
}

// Without this order a crash takes the abort back, the action is called again, its barrier answers success for the
// repeat, and a half-undone saga commits.
TEST(Driver, CompensatesNothingBeforeTheAbortIsDurable) {
  driver_host host = submitted({{"debit"}});
  host.take_calls();
  host.answer("debit", action, refused);
  EXPECT_THAT(host.take_calls(), IsEmpty());
  host.durable();
  EXPECT_THAT(host.take_calls(), ElementsAre(call{"debit", compensate}));
  EXPECT_EQ(host.stored()->progress.status, txn_status::aborting);
}

// The end is an answer too.
TEST(Driver, TellsAWaitingClientTheEndOnlyWhenItIsDurable) {
  driver_host host = submitted({{"debit"}, {}, {.wait_result = true}});
  host.submit(9);
  host.settle();
  host.answer("debit", action, success);
  EXPECT_THAT(host.take_replies(), IsEmpty());
  host.durable();
  EXPECT_THAT(host.take_replies(), ElementsAre(reply{9, {}}));
}

// Even a refusal tells of a status: nobody may hear "succeed" of a saga that a crash could still take back.
TEST(Driver, HoldsBackARefusalThatTellsOfAnUndurableStatus) {
  driver_host host = submitted({{"debit"}});
  host.answer("debit", action, success);
  host.submit(2);
  EXPECT_THAT(host.take_replies(), IsEmpty());
  host.settle();
  EXPECT_THAT(host.take_replies(), SizeIs(1));
}

// One write at a time: what is decided meanwhile goes with the next one, and so do its effects.
TEST(Driver, GathersDecisionsWhileAWriteIsUnderWay) {
  driver_host host{{{"debit"}}};
  host.submit(1);
  host.offer(force_stop_requested{2});
  host.offer(retry_requested{3});
  EXPECT_EQ(host.take_write_count(), 1u);
  host.durable();
  EXPECT_THAT(host.take_replies(), ElementsAre(reply{1, {}}));
  EXPECT_EQ(host.take_write_count(), 1u);
  host.durable();
  EXPECT_THAT(host.take_replies(), SizeIs(2));
  EXPECT_EQ(host.take_write_count(), 0u);
}

// A happy saga costs two synced writes, not one for each step.
TEST(Driver, MergesLateProgressIntoTheLastWrite) {
  driver_host host = submitted({{"a", "b", "c"}});
  host.take_write_count();
  host.answer("a", action, success);
  host.answer("b", action, success);
  EXPECT_EQ(host.take_write_count(), 0u);
  host.answer("c", action, success);
  EXPECT_EQ(host.take_write_count(), 1u);
  host.durable();
  EXPECT_EQ(legs_text(host.stored()->progress), "[P,S,P,S,P,S]");
  EXPECT_EQ(host.stored()->progress.revision, 2u);
}

// Late, but not never: a long call behind a success must not keep that success in memory for hours.
TEST(Driver, WritesProgressByItselfAfterTheDelay) {
  driver_host host = submitted({{"a", "b"}});
  host.take_write_count();
  host.answer("a", action, success);
  EXPECT_EQ(host.running_driver().next_moment(), host.now() + driver_host::progress_delay);
  host.pass(driver_host::progress_delay);
  EXPECT_EQ(host.take_write_count(), 1u);
  host.durable();
  EXPECT_EQ(legs_text(host.stored()->progress), "[P,S,P,P]");
  EXPECT_EQ(host.running_driver().next_moment(), std::nullopt);
}

// A write that carries no decision holds back nobody.
TEST(Driver, CallsOnWhileOnlyProgressIsUnderWay) {
  driver_host host = submitted({{"a", "b", "c"}});
  host.answer("a", action, success);
  host.pass(driver_host::progress_delay);
  ASSERT_TRUE(host.write_under_way());
  host.take_calls();
  host.answer("b", action, success);
  EXPECT_THAT(host.take_calls(), ElementsAre(call{"c", action}));
}

// The abort of a time-out (or a retry limit, or a refusal beside an order) may come right after a crash, from an event
// that calls nobody again. What was executed must be on disk by then, or it is never undone.
struct late_success_case {
  const char* name;
  saga_spec spec;
};

void PrintTo(const late_success_case& one, std::ostream* out) {
  *out << one.name;
}

class DurableSuccess : public testing::TestWithParam<late_success_case> {};

TEST_P(DurableSuccess, IsWrittenBeforeAFollowerIsCalled) {
  driver_host host = submitted(GetParam().spec);
  host.take_calls();
  host.answer("a", action, success);
  EXPECT_THAT(host.take_calls(), IsEmpty());
  ASSERT_TRUE(host.write_under_way());
  host.durable();
  EXPECT_THAT(host.take_calls(), ElementsAre(call{"b", action}));
  host.crash();
  EXPECT_EQ(host.stored()->progress.legs[saga::action_leg(0)].status, leg_status::succeed);
}

INSTANTIATE_TEST_SUITE_P(WhereAnAbortNeedsNoRepeat, DurableSuccess,
                         testing::Values(late_success_case{"Timeout",
                                                           {{"a", "b"}, {}, {.timeout_to_fail = seconds{3}}}},
                                         late_success_case{"RetryLimit", {{"a", "b"}, {}, {.retry_limit = 1}}},
                                         late_success_case{"Orders", {{"a", "b", "c"}, {true, {{1, {0}}}}}}),
                         [](const auto& one) { return std::string{one.param.name}; });

// The story that the rule above prevents, told to its end: b was executed in a life that ended, the saga is given up
// in the next one, and b is undone all the same.
TEST(DurableSuccess, LetsATimeoutRightAfterACrashUndoTheFollowerToo) {
  driver_host host = submitted({{"a", "b"}, {}, {.timeout_to_fail = seconds{3}}});
  host.answer("a", action, success);
  host.settle();
  ASSERT_THAT(host.take_calls(), ElementsAre(call{"a", action}, call{"b", action}));  // b executes, its answer is lost
  host.crash();
  host.pass_unseen(seconds{10});
  host.restart();
  host.settle();
  EXPECT_THAT(host.take_calls(), ElementsAre(call{"b", compensate}));
  host.answer("b", compensate, success);
  host.settle();
  EXPECT_THAT(host.take_calls(), ElementsAre(call{"a", compensate}));
}

// In a plain serial saga the repeat itself brings the success back, so nothing waits for the disk.
TEST(DurableSuccess, MayComeLateInAPlainSerialSaga) {
  driver_host host = submitted({{"a", "b"}});
  host.take_calls();
  host.take_write_count();
  host.answer("a", action, success);
  EXPECT_THAT(host.take_calls(), ElementsAre(call{"b", action}));
  EXPECT_EQ(host.take_write_count(), 0u);
  host.crash();
  host.restart();
  EXPECT_THAT(host.take_calls(), ElementsAre(call{"a", action}));
}

// Recovery is progress: the same events, the same rules, from what is stored.
TEST(DriverRestart, MakesALostCallAgain) {
  driver_host host = submitted({{"debit"}});
  host.take_calls();
  host.crash();
  host.restart();
  EXPECT_THAT(host.take_calls(), ElementsAre(call{"debit", action}));
}

TEST(DriverRestart, GoesOnCompensating) {
  driver_host host = submitted({{"a", "b"}});
  host.answer("a", action, success);
  host.answer("b", action, refused);
  host.settle();
  host.answer("b", compensate, success);
  host.pass(driver_host::progress_delay);
  host.settle();
  host.take_calls();
  host.crash();
  host.restart();
  EXPECT_THAT(host.take_calls(), ElementsAre(call{"a", compensate}));
}

// A restart must not turn a back-off of minutes into a thundering herd.
TEST(DriverRestart, KeepsABackOff) {
  driver_host host = submitted({{"debit"}});
  host.answer("debit", action, unknown);
  host.pass(seconds{1});
  host.settle();
  host.take_calls();
  host.crash();
  host.restart();
  EXPECT_THAT(host.take_calls(), IsEmpty());
  host.pass(seconds{9});
  EXPECT_THAT(host.take_calls(), ElementsAre(call{"debit", action}));
}

// Whether the write under way reached the disk is not known to the one who died: both must be good.
TEST(DriverRestart, CopesWithAWriteThatWasStoredUnseen) {
  driver_host host{{{"debit"}}};
  host.submit(1);
  host.crash(write_fate::stored);
  host.restart();
  EXPECT_THAT(host.take_calls(), ElementsAre(call{"debit", action}));

  driver_host gone{{{"debit"}}};
  gone.submit(1);
  gone.crash(write_fate::lost);
  gone.restart();
  EXPECT_THAT(gone.take_calls(), IsEmpty());
  EXPECT_FALSE(gone.running_driver().state().exists());
}

// Recovery reads the due index and nothing else: what is not in it is lost.
TEST(DriverDue, NamesAMomentForEveryUnfinishedRecordAndNoneForAFinishedOne) {
  driver_host host{{{"debit"}}};
  host.submit();
  host.durable();
  EXPECT_EQ(host.stored_due(), host.now()) << "a call is under way: look at it at once after a crash";
  host.answer("debit", action, unknown);
  host.pass(driver_host::progress_delay);
  host.settle();
  EXPECT_EQ(host.stored_due(), kit::start_time + seconds{10});
  host.pass(seconds{10});
  host.answer("debit", action, success);
  host.settle();
  EXPECT_FALSE(is_set(host.stored_due()));
}

TEST(DriverDue, KeepsAPreparedSagaFarAwayButNotForgotten) {
  driver_host host{{{"debit"}}};
  host.offer(prepare_requested{kit::define(host.spec()), 1});
  host.durable();
  EXPECT_EQ(host.stored_due(), far_future);
}

std::vector<bool> writes_with_definition(driver_host& host) {
  std::vector<bool> out;
  for (const kit::request& one : host.take_requests()) {
    if (const auto* write = std::get_if<write_set>(&one)) out.push_back(write->definition != nullptr);
  }
  return out;
}

// Large and written once: steps and payloads are not part of later writes.
TEST(DriverWrite, CarriesTheDefinitionOnlyWhenItIsNew) {
  driver_host host{{{"debit"}}};
  host.offer(prepare_requested{kit::define(host.spec()), 1});
  host.durable();
  host.submit(2);  // the same once more
  host.durable();
  host.answer("debit", action, success);
  host.durable();
  EXPECT_THAT(writes_with_definition(host), ElementsAre(true, false, false));
}

TEST(DriverWrite, CarriesTheDefinitionAgainWhenASubmitSaysMore) {
  driver_host host{{{"debit"}}};
  auto prepared = std::make_shared<txn_definition>(*kit::define(host.spec()));
  prepared->options.request_timeout = std::chrono::seconds{7};
  host.offer(prepare_requested{prepared, 1});
  host.durable();
  host.submit(2);
  host.durable();
  EXPECT_THAT(writes_with_definition(host), ElementsAre(true, true));
}

// After forceStop nobody is called any more, not even from what was decided before it.
TEST(DriverForceStop, DropsCallsThatHaveNotLeft) {
  driver_host host{{{"debit"}}};
  host.submit(1);
  host.offer(force_stop_requested{2});
  host.settle();
  EXPECT_THAT(host.take_calls(), IsEmpty());
  EXPECT_THAT(host.take_replies(), ElementsAre(reply{1, {}}, reply{2, {}}));
  EXPECT_TRUE(host.running_driver().finished());
}

// An actor may end only when nothing of it is left to write.
TEST(DriverLife, IsFinishedWhenTheEndIsDurable) {
  driver_host host = submitted({{"debit"}});
  host.answer("debit", action, success);
  EXPECT_FALSE(host.running_driver().finished());
  host.durable();
  EXPECT_TRUE(host.running_driver().finished());
}

// What waits for minutes leaves memory; what would lose something does not.
TEST(DriverLife, MayParkOnlyWhenNothingWouldBeLost) {
  driver_host host = submitted({{"debit"}});
  EXPECT_FALSE(host.running_driver().may_park()) << "a call is under way";
  host.answer("debit", action, unknown);
  EXPECT_FALSE(host.running_driver().may_park()) << "the retry is not written";
  host.pass(driver_host::progress_delay);
  EXPECT_FALSE(host.running_driver().may_park()) << "its write is under way";
  host.settle();
  EXPECT_TRUE(host.running_driver().may_park());
  EXPECT_EQ(host.running_driver().next_moment(), kit::start_time + seconds{10});
}

// Two repeats and the abort are decided while one write is under way. An action that was called now would be executed
// for nothing, after the abort is durable, and its compensation would have to wait for it.
TEST(Driver, RepeatsNoActionOnceItIsDecidedToUndo) {
  saga_spec spec{{"a", "b", "c"}, {.concurrent = true, .orders = {}}, {.retry_limit = 2}};
  driver_host host = submitted(std::move(spec));
  host.take_calls();
  host.submit(1);
  host.answer("a", action, unknown);
  host.answer("b", action, unknown);
  host.answer("c", action, unknown);
  host.settle();
  EXPECT_EQ(host.stored()->progress.status, txn_status::aborting);
  EXPECT_THAT(host.take_calls(),
              testing::UnorderedElementsAre(call{"a", compensate}, call{"b", compensate}, call{"c", compensate}));
}

// The operator took it on himself that it is done, and was told so.
TEST(Driver, RepeatsNoCallThatAnOperatorHasSkippedMeanwhile) {
  driver_host host = submitted({{"a", "b"}, {.concurrent = true, .orders = {}}, {.retry_limit = 5}});
  host.take_calls();
  host.offer(retry_requested{});  // a write is under way
  host.answer("a", action, unknown);
  host.answer("b", action, unknown);
  host.offer(skip_requested{.branch = branch_id{"01"}, .op = "action"});
  host.settle();
  EXPECT_THAT(host.take_calls(), ElementsAre(call{"b", action}));
  host.answer("b", action, success);
  host.settle();
  EXPECT_EQ(host.stored()->progress.status, txn_status::succeed);
}

// The next moment is the soonest of: a retry, the limit, the flush.
TEST(DriverMoment, IsTheSoonestOfAllThatIsDue) {
  driver_host host = submitted({{"debit"}, {}, {.timeout_to_fail = seconds{15}}});
  EXPECT_EQ(host.running_driver().next_moment(), kit::start_time + seconds{15});
  host.answer("debit", action, unknown);
  EXPECT_EQ(host.running_driver().next_moment(), kit::start_time + driver_host::progress_delay);
  host.pass(driver_host::progress_delay);
  host.settle();
  EXPECT_EQ(host.running_driver().next_moment(), kit::start_time + seconds{10});
}

// Two writes of one record at once, or an acknowledgement of a write that never was, end the process: restart and
// recovery are the way out of a broken shell.
TEST(DriverDeathTest, EndsTheProcessWhenTheShellAcknowledgesAWriteThatIsNotUnderWay) {
  driver idle{gid{"g1"}, 1, {}, milliseconds{100}};
  EXPECT_DEATH(static_cast<void>(idle.durable(1, kit::start_time)), "invariant broken");
}

}  // namespace
}  // namespace treaty
