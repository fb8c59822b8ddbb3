#include "core/saga/advance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kit/saga_kit.hpp"

namespace treaty {
namespace {

using kit::call;
using kit::concurrent_saga;
using kit::machine;
using kit::submitted_saga;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr auto action = branch_op::action;
constexpr auto compensate = branch_op::compensate;
constexpr auto success = call_outcome::success;
constexpr auto refused = call_outcome::failure;
constexpr auto ongoing = call_outcome::ongoing;
constexpr auto unknown = call_outcome::unknown;

// A serial saga promises that no step begins before the one before it is done.
TEST(SagaAdvance, CallsActionsOneAfterAnother) {
  machine saga = submitted_saga({"debit", "credit"});
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"debit", action}));
  saga.answer("debit", action, success);
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"credit", action}));
  EXPECT_EQ(saga.status(), txn_status::submitted);
  saga.answer("credit", action, success);
  EXPECT_EQ(saga.status(), txn_status::succeed);
  EXPECT_EQ(saga.legs(), "[P,S,P,S]");
  EXPECT_EQ(saga.progress().rollback_reason, "");
  EXPECT_THAT(saga.take_calls(), IsEmpty());
}

// A refusal does not prove that the participant did nothing, so the refused step is undone too.
TEST(SagaAdvance, RefusedActionIsUndoneBeforeEveryEarlierStep) {
  machine saga = submitted_saga({"debit", "credit", "notify"});
  saga.answer("debit", action, success);
  saga.take_calls();
  saga.answer("credit", action, refused, "no money");
  EXPECT_EQ(saga.status(), txn_status::aborting);
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"credit", compensate}));
  saga.answer("credit", compensate, success);
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"debit", compensate}));
  saga.answer("debit", compensate, success);
  EXPECT_EQ(saga.status(), txn_status::failed);
  EXPECT_EQ(saga.legs(), "[S,S,S,F,P,P]");
}

// Clients show this text to people and match parts of it.
TEST(SagaAdvance, NamesTheRefusingBranchAndItsWordsInTheReason) {
  machine saga = submitted_saga({"debit"});
  saga.answer("debit", action, refused, "no-money");
  EXPECT_EQ(saga.progress().rollback_reason, "url:http://bank/debit return failed: no-money FAILURE");

  machine doubled = submitted_saga({"debit"});
  doubled.answer("debit", action, refused, "Insufficient balance FAILURE");
  EXPECT_EQ(doubled.progress().rollback_reason, "url:http://bank/debit return failed: Insufficient balance FAILURE");

  machine silent = submitted_saga({"debit"});
  silent.answer("debit", action, refused, "");
  EXPECT_EQ(silent.progress().rollback_reason, "url:http://bank/debit return failed:  FAILURE");
}

// "Not finished" is asked again at a steady pace; nothing else happens meanwhile.
TEST(SagaAdvance, OngoingActionIsCalledAgainAtAConstantInterval) {
  machine saga = submitted_saga({"debit", "credit"}, {.retry_interval = seconds{150}});
  saga.take_calls();
  for (int round = 0; round < 3; ++round) {
    saga.answer("debit", action, ongoing);
    EXPECT_THAT(saga.take_calls(), IsEmpty());
    EXPECT_EQ(saga.wait(), milliseconds{seconds{150}});
    ASSERT_TRUE(saga.fire_next_timer());
    EXPECT_THAT(saga.take_calls(), ElementsAre(call{"debit", action}));
  }
  EXPECT_EQ(saga.status(), txn_status::submitted);
  EXPECT_EQ(saga.legs(), "[P,P!,P,P]");
}

// Unknown is not failure: a time-out says nothing about what the other side did, so it is asked again, ever slower.
TEST(SagaAdvance, UnknownActionIsCalledAgainAtDoublingIntervalsUpToTheCap) {
  machine saga{{{"debit"}}, {.retry = {seconds{10}, seconds{35}}}};
  saga.submit();
  std::vector<milliseconds> waits;
  for (int round = 0; round < 4; ++round) {
    saga.answer("debit", action, unknown);
    waits.push_back(saga.wait().value());
    saga.fire_next_timer();
  }
  EXPECT_THAT(waits, ElementsAre(seconds{10}, seconds{20}, seconds{35}, seconds{35}));
  EXPECT_EQ(saga.status(), txn_status::submitted);
}

// A timer that comes too early, or twice, must not call a participant twice.
TEST(SagaAdvance, EarlyAndRepeatedTimersChangeNothing) {
  machine saga = submitted_saga({"debit"});
  saga.take_calls();
  saga.offer(timer_fired{});
  EXPECT_THAT(saga.take_calls(), IsEmpty());
  saga.answer("debit", action, unknown);
  saga.pass(milliseconds{9'999});
  saga.offer(timer_fired{});
  EXPECT_THAT(saga.take_calls(), IsEmpty());
  saga.pass(milliseconds{1});
  saga.offer(timer_fired{});
  saga.offer(timer_fired{});
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"debit", action}));
}

// An answer may arrive twice, or after it stopped to matter.
TEST(SagaAdvance, RepeatedAndUnaskedAnswersChangeNothing) {
  machine saga = submitted_saga({"debit", "credit"});
  saga.answer("debit", action, success);
  saga.take_calls();
  saga.answer("debit", action, refused, "late");
  saga.answer("debit", compensate, success);
  saga.offer(answered{99, success, ""});
  EXPECT_EQ(saga.status(), txn_status::submitted);
  EXPECT_EQ(saga.legs(), "[P,S,P,P]");
  EXPECT_THAT(saga.take_calls(), IsEmpty());
}

// A compensation may not refuse: it is repeated until it succeeds, whatever it answers.
TEST(SagaAdvance, CompensationIsRepeatedUntilItSucceeds) {
  machine saga = submitted_saga({"debit"});
  saga.answer("debit", action, refused, "no");
  std::vector<milliseconds> waits;
  for (const call_outcome outcome : {refused, unknown, ongoing, refused}) {
    saga.answer("debit", compensate, outcome, "not now");
    EXPECT_EQ(saga.status(), txn_status::aborting);
    waits.push_back(saga.wait().value());
    saga.take_calls();
    saga.fire_next_timer();
    EXPECT_THAT(saga.take_calls(), ElementsAre(call{"debit", compensate}));
  }
  EXPECT_THAT(waits, ElementsAre(seconds{10}, seconds{20}, seconds{20}, seconds{40}));
  saga.answer("debit", compensate, success);
  EXPECT_EQ(saga.status(), txn_status::failed);
}

// While a later step is not undone, an earlier one must not be: it may rest on it.
TEST(SagaAdvance, AFailingCompensationHoldsBackTheEarlierOnes) {
  machine saga = submitted_saga({"debit", "credit"});
  saga.answer("debit", action, success);
  saga.answer("credit", action, refused);
  saga.take_calls();
  saga.answer("credit", compensate, unknown);
  EXPECT_THAT(saga.take_calls(), IsEmpty());
  saga.fire_next_timer();
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"credit", compensate}));
}

// An empty URL is a step that somebody did not need: a success without a call.
TEST(SagaAdvance, EmptyUrlsSucceedWithoutACall) {
  machine saga = submitted_saga({"-", "debit", "-"});
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"debit", action}));
  EXPECT_EQ(saga.legs(), "[P,S,P,P,P,P]");
  saga.answer("debit", action, success);
  EXPECT_EQ(saga.status(), txn_status::succeed);
  EXPECT_EQ(saga.legs(), "[P,S,P,S,P,S]");

  machine only_empty = submitted_saga({"-", "-"});
  EXPECT_EQ(only_empty.status(), txn_status::succeed);
}

TEST(SagaAdvance, EmptyCompensationsSucceedWithoutACall) {
  machine saga = submitted_saga({"debit/-", "-/credit", "notify/-"});
  saga.answer("debit/-", action, success);
  saga.take_calls();
  saga.answer("notify/-", action, refused);
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"-/credit", compensate}));
  saga.answer("-/credit", compensate, success);
  EXPECT_EQ(saga.status(), txn_status::failed);
  EXPECT_EQ(saga.legs(), "[S,S,S,S,S,F]");
}

// Nothing to do is done at once.
TEST(SagaAdvance, ASagaWithoutStepsSucceedsAtOnce) {
  machine saga{{{}, {}, {.wait_result = true}}};
  saga.submit(1);
  EXPECT_EQ(saga.status(), txn_status::succeed);
  EXPECT_THAT(saga.take_replies(), ElementsAre(reply{1, {}}));
}

// Concurrent means that nobody waits for anybody.
TEST(SagaConcurrent, CallsEveryActionAtOnce) {
  machine saga = concurrent_saga({"a", "b", "c"});
  EXPECT_THAT(saga.take_calls(), UnorderedElementsAre(call{"a", action}, call{"b", action}, call{"c", action}));
  saga.answer("c", action, success);
  saga.answer("a", action, success);
  EXPECT_EQ(saga.status(), txn_status::submitted);
  saga.answer("b", action, success);
  EXPECT_EQ(saga.status(), txn_status::succeed);
}

// A step with several befores waits for all of them.
TEST(SagaConcurrent, OrdersHoldAStepBackUntilAllItsBeforesSucceeded) {
  machine saga = concurrent_saga({"a", "b", "c"}, {{2, {0, 1}}});
  EXPECT_THAT(saga.take_calls(), UnorderedElementsAre(call{"a", action}, call{"b", action}));
  saga.answer("b", action, success);
  EXPECT_THAT(saga.take_calls(), IsEmpty());
  saga.answer("a", action, success);
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"c", action}));
}

// One step that needs another call must not keep the others waiting.
TEST(SagaConcurrent, AnOngoingStepDoesNotHoldBackTheOthers) {
  machine saga = concurrent_saga({"a", "b"});
  saga.answer("a", action, ongoing);
  saga.answer("b", action, success);
  EXPECT_EQ(saga.legs(), "[P,P!,P,S]");
  EXPECT_EQ(saga.status(), txn_status::submitted);
  saga.take_calls();
  saga.fire_next_timer();
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"a", action}));
}

// A step that never could have begun has nothing to undo.
TEST(SagaConcurrent, StepsBehindTheRefusedOneAreNotCompensated) {
  machine saga = concurrent_saga({"a", "b"}, {{1, {0}}});
  saga.take_calls();
  saga.answer("a", action, refused);
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"a", compensate}));
  saga.answer("a", compensate, success);
  EXPECT_EQ(saga.status(), txn_status::failed);
  EXPECT_EQ(saga.legs(), "[S,F,P,P]");
}

// Undone in reverse of the orders, and side by side where there is none.
TEST(SagaConcurrent, CompensatesAgainstTheOrders) {
  machine saga = concurrent_saga({"a", "b", "c"}, {{1, {0}}});
  saga.answer("a", action, success);
  saga.answer("c", action, success);
  saga.take_calls();
  saga.answer("b", action, refused);
  EXPECT_THAT(saga.take_calls(), UnorderedElementsAre(call{"b", compensate}, call{"c", compensate}));
  saga.answer("b", compensate, success);
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"a", compensate}));
  saga.answer("a", compensate, success);
  saga.answer("c", compensate, success);
  EXPECT_EQ(saga.status(), txn_status::failed);
  EXPECT_EQ(saga.legs(), "[S,S,S,F,S,S]");
}

// A compensation that overtakes its own action would undo nothing: the answer of the action comes first.
TEST(SagaConcurrent, WaitsForTheAnswerOfACallUnderWayBeforeUndoingIt) {
  machine saga = concurrent_saga({"a", "b"});
  saga.take_calls();
  saga.answer("a", action, refused, "no");
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"a", compensate}));
  saga.answer("a", compensate, success);
  EXPECT_EQ(saga.status(), txn_status::aborting);
  saga.answer("b", action, success);
  EXPECT_EQ(saga.legs(), "[S,F,P,S]");
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"b", compensate}));
  saga.answer("b", compensate, success);
  EXPECT_EQ(saga.status(), txn_status::failed);
}

// The first refusal is the reason; a second one does not rewrite it.
TEST(SagaConcurrent, KeepsTheFirstReason) {
  machine saga = concurrent_saga({"a", "b", "c"});
  saga.answer("b", action, refused, "first");
  saga.answer("a", action, refused, "second");
  saga.answer("c", action, unknown);
  EXPECT_EQ(saga.progress().rollback_reason, "url:http://bank/b return failed: first FAILURE");
  EXPECT_EQ(saga.legs(), "[P,F,P,F,P,P!]");
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"a", action}, call{"b", action}, call{"c", action},
                                             call{"b", compensate}, call{"a", compensate}, call{"c", compensate}));
}

// Orders between empty steps resolve themselves, in whatever direction they point.
TEST(SagaConcurrent, EmptyStepsUnlockTheirFollowersAtOnce) {
  machine saga = concurrent_saga({"debit", "-", "-"}, {{0, {1}}, {1, {2}}});
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"debit", action}));
}

// The limit is part of the promise to the client: after it the saga is on its way back.
TEST(SagaTimeout, AbortsAndUndoesWhatMayHaveBeenExecuted) {
  machine saga = submitted_saga({"debit", "credit"}, {.timeout_to_fail = seconds{1800}});
  saga.answer("debit", action, ongoing);
  saga.take_calls();
  saga.pass(seconds{3600});
  saga.offer(timer_fired{});
  EXPECT_EQ(saga.progress().rollback_reason, "Timeout after 1800 seconds");
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"debit", compensate}));
  saga.answer("debit", compensate, success);
  EXPECT_EQ(saga.status(), txn_status::failed);
  EXPECT_EQ(saga.legs(), "[S,P!,P,P]");
}

TEST(SagaTimeout, ComesExactlyAtTheLimit) {
  machine saga = submitted_saga({"debit"}, {.timeout_to_fail = seconds{3}});
  EXPECT_EQ(saga.wait(), milliseconds{3'000});
  saga.pass(milliseconds{2'999});
  saga.offer(timer_fired{});
  EXPECT_EQ(saga.status(), txn_status::submitted);
  saga.pass(milliseconds{1});
  saga.offer(timer_fired{});
  EXPECT_EQ(saga.status(), txn_status::aborting);
}

// All that was asked for has been done: being late by then is no reason to undo it.
TEST(SagaTimeout, DoesNotUndoASagaWhoseLastActionSucceededLate) {
  machine saga = submitted_saga({"debit"}, {.timeout_to_fail = seconds{3}});
  saga.pass(seconds{10});
  saga.answer("debit", action, success);
  EXPECT_EQ(saga.status(), txn_status::succeed);
}

// A call under way at the limit is undone only after it was answered.
TEST(SagaTimeout, WaitsForTheCallUnderWay) {
  machine saga = submitted_saga({"debit", "credit"}, {.timeout_to_fail = seconds{3}});
  saga.take_calls();
  saga.fire_next_timer();
  EXPECT_EQ(saga.status(), txn_status::aborting);
  EXPECT_THAT(saga.take_calls(), IsEmpty());
  saga.answer("debit", action, success);
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"debit", compensate}));
}

// A saga that names no limit is never given up, whatever the server's default for other types is.
TEST(SagaTimeout, NeedsALimitOfItsOwn) {
  machine saga = submitted_saga({"debit"});
  saga.answer("debit", action, unknown);
  saga.pass(std::chrono::hours{24 * 365});
  saga.offer(timer_fired{});
  EXPECT_EQ(saga.status(), txn_status::submitted);
}

// "As long as it takes", written as the largest number there is, is not "too late already".
TEST(SagaTimeout, ALimitThatNoClockCanCountIsNeverReached) {
  machine saga = submitted_saga({"debit"}, {.timeout_to_fail = seconds::max()});
  EXPECT_EQ(saga.status(), txn_status::submitted);
  saga.answer("debit", action, unknown);
  EXPECT_EQ(saga.status(), txn_status::submitted);
  EXPECT_EQ(saga.wait(), milliseconds{10'000});
}

// A limit replaces the waiting: the client wants to know soon.
TEST(SagaRetryLimit, RepeatsAtOnceUntilTheLimitAndThenAborts) {
  machine saga = submitted_saga({"debit", "credit"}, {.retry_limit = 2});
  saga.answer("debit", action, success);
  saga.take_calls();
  saga.answer("credit", action, ongoing);
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"credit", action}));
  saga.answer("credit", action, unknown);
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"credit", action}));
  saga.answer("credit", action, unknown);
  EXPECT_EQ(saga.progress().rollback_reason, "RetryCount is greater than RetryLimit, RetryLimit: 2");
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"credit", compensate}));
  saga.answer("credit", compensate, success);
  saga.answer("debit", compensate, success);
  EXPECT_EQ(saga.legs(), "[S,S,S,P!]");
}

TEST(SagaRetryLimit, ForgivesFewerFailuresThanTheLimit) {
  machine saga = submitted_saga({"debit"}, {.retry_limit = 3});
  for (int round = 0; round < 3; ++round) saga.answer("debit", action, unknown);
  saga.answer("debit", action, success);
  EXPECT_EQ(saga.status(), txn_status::succeed);
}

// One count for the whole saga, and the client may begin it anywhere.
TEST(SagaRetryLimit, CountsAllStepsTogetherFromTheClientsCount) {
  machine shared = concurrent_saga({"a", "b"}, {}, {.retry_limit = 1});
  shared.answer("a", action, unknown);
  shared.answer("b", action, unknown);
  EXPECT_EQ(shared.status(), txn_status::aborting);

  machine begun = submitted_saga({"debit"}, {.retry_limit = 2, .retry_count = 2});
  begun.answer("debit", action, unknown);
  EXPECT_EQ(begun.status(), txn_status::aborting);
}

// A call that was not let out because its destination is in trouble says nothing of the branch.
TEST(SagaRetryLimit, IsNotUsedUpByCallsThatWereNotMade) {
  machine saga = submitted_saga({"debit"}, {.retry_limit = 1});
  const std::size_t leg = kit::leg_of(saga.spec(), "debit", action);
  for (int round = 0; round < 5; ++round) {
    saga.take_calls();
    saga.offer(answered{leg, unknown, "http://bank is not called for another 900 ms", {}, /*was_called=*/false});
    EXPECT_THAT(saga.take_calls(), IsEmpty()) << "not at once";
    ASSERT_TRUE(saga.fire_next_timer());
  }
  EXPECT_EQ(saga.status(), txn_status::submitted);
  saga.answer("debit", action, unknown);
  saga.answer("debit", action, unknown);
  EXPECT_EQ(saga.status(), txn_status::aborting);
}

// What had to be durable before the next call hangs on it: another limit after a restart would undo less than was done.
TEST(SagaRetryLimit, OfTheServerIsThatOfTheBeginning) {
  machine limited{{{"debit"}}, {.retry_limit = 2}};
  limited.submit();
  EXPECT_EQ(limited.state().record.definition->options.retry_limit, 2);

  machine unlimited = submitted_saga({"debit"});
  const std::size_t leg = kit::leg_of(unlimited.spec(), "debit", action);
  server_policy changed;
  changed.retry_limit = 1;
  txn_state state = unlimited.state();
  for (int round = 0; round < 3; ++round) {
    state.in_flight[leg] = 1;
    state = saga::advance(std::move(state), answered{leg, unknown, "", {}}, context{unlimited.now(), changed}).next;
  }
  EXPECT_EQ(state.record.progress.status, txn_status::submitted);

  machine prepared{{{"debit"}}, {.retry_limit = 2}};
  prepared.prepare();
  prepared.submit();
  EXPECT_EQ(prepared.state().record.definition->options.retry_limit, 2);
}

// The limit is for actions; a compensation has none.
TEST(SagaRetryLimit, DoesNotLimitCompensations) {
  machine saga = submitted_saga({"debit"}, {.retry_limit = 1});
  saga.answer("debit", action, refused);
  for (int round = 0; round < 5; ++round) {
    saga.answer("debit", compensate, unknown);
    saga.fire_next_timer();
  }
  EXPECT_EQ(saga.status(), txn_status::aborting);
}

}  // namespace
}  // namespace treaty
