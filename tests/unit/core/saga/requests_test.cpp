#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "core/saga/advance.hpp"
#include "tests/kit/saga_kit.hpp"

// What clients and operators ask of a saga, and the exact answers they get (docs/protocol.md).
namespace treaty {
namespace {

using kit::call;
using kit::machine;
using kit::saga_spec;
using kit::submitted_saga;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto action = branch_op::action;
constexpr auto compensate = branch_op::compensate;
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

machine waiting_saga(std::vector<std::string> steps, txn_options options = {}) {
  options.wait_result = true;
  machine made{{std::move(steps), {}, std::move(options)}};
  made.submit(1);
  return made;
}

// Nobody who did not ask to wait is kept waiting for participants.
TEST(SagaSubmit, IsAnsweredAtOnce) {
  machine saga{{{"debit"}}};
  saga.submit(1);
  EXPECT_THAT(saga.take_replies(), ElementsAre(ok(1)));
  EXPECT_EQ(saga.last_write(), urgency::now);
}

// Steps that take turns in not being finished would keep it waiting for ever.
TEST(SagaSubmit, ThatWaitsIsAnsweredWhenEachStepWasCalledOnce) {
  machine saga = kit::concurrent_saga({"a", "b"}, {}, {.wait_result = true, .retry_interval = seconds{1}});
  saga.submit(1);
  saga.take_calls();
  saga.answer("a", action, ongoing);
  saga.pass(seconds{5});
  saga.offer(timer_fired{});
  EXPECT_THAT(saga.take_calls(), IsEmpty()) << "somebody waits for b";
  EXPECT_EQ(saga.wait(), std::nullopt) << "nor is there anything to wake up for";
  saga.answer("b", action, ongoing);
  EXPECT_THAT(saga.take_replies(), ElementsAre(refusal(1, "wait result not return success: FAILURE")));
  saga.pass(seconds{5});
  saga.offer(timer_fired{});
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"a", action}, call{"b", action}));
}

// A client whose connection broke submits again: it must learn that all is well, and nothing may be executed twice.
TEST(SagaSubmit, RepeatedWhileSubmittedGoesOnFromTheStoredRows) {
  machine saga = submitted_saga({"debit", "credit"});
  saga.answer("debit", action, success);
  saga.answer("credit", action, unknown);
  saga.take_calls();
  saga.submit(2);
  EXPECT_THAT(saga.take_replies(), ElementsAre(ok(2)));
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"credit", action}));
  saga.submit(3);
  EXPECT_THAT(saga.take_calls(), IsEmpty()) << "the call is under way already";
}

TEST(SagaSubmit, IsRefusedOnceItIsDecided) {
  machine done = submitted_saga({"debit"});
  done.answer("debit", action, success);
  done.submit(2);
  EXPECT_THAT(done.take_replies(), ElementsAre(refusal(2, "current status 'succeed', cannot sumbmit. FAILURE")));

  machine undoing = submitted_saga({"debit"});
  undoing.answer("debit", action, refused);
  undoing.submit(2);
  undoing.answer("debit", compensate, success);
  undoing.submit(3);
  EXPECT_THAT(undoing.take_replies(), ElementsAre(refusal(2, "current status 'aborting', cannot sumbmit. FAILURE"),
                                                  refusal(3, "current status 'failed', cannot sumbmit. FAILURE")));
}

// Each of these would make the saga wait for ever, or read beyond its steps.
TEST(SagaSubmit, RefusesWhatCouldNeverRun) {
  const auto answer_to = [](txn_definition broken) {
    txn_state none;
    none.gid = broken.gid;
    const transition out =
        advance(none, submit_requested{std::make_shared<txn_definition>(std::move(broken)), 1}, {kit::start_time, {}});
    EXPECT_FALSE(out.next.exists());
    EXPECT_EQ(out.write, urgency::none);
    const answer what = std::get<reply>(out.orders.at(0)).what;
    EXPECT_EQ(what.kind, answer_kind::invalid);
    return what.message;
  };
  txn_definition poor = *kit::define({{"a", "b"}});
  poor.payloads.pop_back();
  EXPECT_THAT(answer_to(poor), HasSubstr("index out of range"));
  EXPECT_THAT(answer_to(*kit::define({{"a"}, {true, {{1, {0}}}}})), HasSubstr("step that does not exist"));
  EXPECT_THAT(answer_to(*kit::define({{"a"}, {true, {{0, {1}}}}})), HasSubstr("step that does not exist"));
  EXPECT_THAT(answer_to(*kit::define({{"a", "b"}, {true, {{0, {1}}, {1, {0}}}}})), HasSubstr("wait for each other"));
  EXPECT_THAT(answer_to(*kit::define({{"a"}, {true, {{0, {0}}}}})), HasSubstr("wait for each other"));
  EXPECT_THAT(answer_to(*kit::define({{"a", "b"}, {false, {{0, {1}}}}})), HasSubstr("wait for each other"));
  EXPECT_THAT(answer_to(*kit::define({std::vector<std::string>(steps_max + 1, "-")})),
              HasSubstr("10001 steps; at most 10000"));
}

// The largest saga that is let in must not stop the lane that decides it: no step may cost a look at all the others.
TEST(SagaSubmit, JudgesTheLargestOrdersWithoutStoppingTheWorld) {
  saga_spec chain{std::vector<std::string>(steps_max, "-"), {true, {}}};
  for (std::uint32_t step = 0; step + 1 < steps_max; ++step) chain.plan.orders[step] = {step + 1};
  const auto definition = kit::define(chain);
  const std::clock_t began = std::clock();
  EXPECT_TRUE(saga::check(*definition));
  machine saga{chain};
  saga.submit();
  EXPECT_EQ(saga.status(), txn_status::succeed);
  EXPECT_LT((std::clock() - began) / CLOCKS_PER_SEC, 5) << "seconds of processor time";
}

// Clients treat a 409 as "not done": it must carry the reason when there is one, and the word once.
TEST(SagaWaitResult, AnswersWhenTheRoundIsOver) {
  machine good = waiting_saga({"debit"});
  EXPECT_THAT(good.take_replies(), IsEmpty());
  good.answer("debit", action, success);
  EXPECT_THAT(good.take_replies(), ElementsAre(ok(1)));

  machine bad = waiting_saga({"debit"});
  bad.answer("debit", action, refused, "no-money");
  EXPECT_THAT(bad.take_replies(), IsEmpty());
  bad.answer("debit", compensate, success);
  EXPECT_THAT(bad.take_replies(), ElementsAre(refusal(1, "url:http://bank/debit return failed: no-money FAILURE")));

  machine limited = waiting_saga({"debit"}, {.retry_limit = 1});
  limited.answer("debit", action, unknown);
  limited.answer("debit", action, unknown);
  limited.answer("debit", compensate, success);
  EXPECT_THAT(limited.take_replies(),
              ElementsAre(refusal(1, "RetryCount is greater than RetryLimit, RetryLimit: 1 FAILURE")));
}

// Not an end, only the end of what can be done now: the client hears it and the saga goes on.
TEST(SagaWaitResult, AnswersFailureWhenAnActionHasToBeCalledAgainLater) {
  for (const call_outcome outcome : {call_outcome::ongoing, unknown}) {
    machine saga = waiting_saga({"debit", "credit"});
    saga.answer("debit", action, outcome);
    EXPECT_THAT(saga.take_replies(), ElementsAre(refusal(1, "wait result not return success: FAILURE")));
    EXPECT_EQ(saga.last_write(), urgency::now);
    EXPECT_EQ(saga.status(), txn_status::submitted);
    saga.fire_next_timer();
    saga.answer("debit", action, success);
    saga.answer("credit", action, success);
    EXPECT_EQ(saga.status(), txn_status::succeed);
    EXPECT_THAT(saga.take_replies(), IsEmpty());
  }
}

// A compensation that fails is repeated for ever; the client is not kept for that.
TEST(SagaWaitResult, AnswersTheReasonWhenACompensationHasToBeRepeated) {
  machine saga = waiting_saga({"debit"});
  saga.answer("debit", action, refused, "no");
  saga.answer("debit", compensate, unknown);
  EXPECT_THAT(saga.take_replies(), ElementsAre(refusal(1, "url:http://bank/debit return failed: no FAILURE")));
  EXPECT_EQ(saga.status(), txn_status::aborting);
}

// Everyone who waits is answered, once each.
TEST(SagaWaitResult, AnswersEveryoneWhoWaits) {
  machine saga = waiting_saga({"debit"});
  saga.submit(2);
  saga.answer("debit", action, success);
  EXPECT_THAT(saga.take_replies(), ElementsAre(ok(1), ok(2)));
}

TEST(SagaWaitResult, IsAnsweredByAForceStop) {
  machine saga = waiting_saga({"debit"});
  saga.offer(force_stop_requested{2});
  EXPECT_THAT(saga.take_replies(), ElementsAre(refusal(1, "wait result not return success: FAILURE"), ok(2)));
}

// Nobody processes a prepared saga, and nobody gives it up: only a client can move it.
TEST(SagaPrepare, WaitsForItsSubmitForEver) {
  machine saga{{{"debit"}, {}, {.timeout_to_fail = seconds{3}}}};
  saga.prepare(1);
  saga.prepare(2);
  saga.pass(seconds{3600});
  saga.offer(timer_fired{});
  EXPECT_THAT(saga.take_replies(), ElementsAre(ok(1), ok(2)));
  EXPECT_THAT(saga.take_calls(), IsEmpty());
  EXPECT_EQ(saga.status(), txn_status::prepared);
  EXPECT_EQ(saga.wait(), std::nullopt);
}

// The stored steps count; what the submit says about how to run them does too.
TEST(SagaPrepare, IsSubmittedWithTheStoredStepsAndTheSubmitsOptions) {
  machine saga{{{"debit", "credit"}}};
  saga.prepare(1);
  const saga_spec other{{"steal"}, {true, {}}, {.wait_result = true, .retry_limit = 5}};
  saga.offer(submit_requested{kit::define(other), 2});
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"debit", action}, call{"credit", action}));
  EXPECT_THAT(saga.take_replies(), ElementsAre(ok(1)));
  EXPECT_EQ(saga.state().record.definition->options.retry_limit, 5);
}

// The submit's orders are about the submit's steps, but the stored steps are run: they must fit those.
TEST(SagaPrepare, RefusesASubmitWhoseOrdersDoNotFitTheStoredSteps) {
  machine saga{{{"debit"}}};
  saga.prepare(1);
  const saga_spec other{{"a", "b", "c"}, {true, {{0, {2}}}}};
  saga.offer(submit_requested{kit::define(other), 2});
  EXPECT_EQ(saga.status(), txn_status::prepared);
  EXPECT_THAT(saga.take_calls(), IsEmpty());
  EXPECT_EQ(saga.take_replies().at(1).what.kind, answer_kind::invalid);
}

TEST(SagaPrepare, IsRefusedOnceSubmitted) {
  machine saga = submitted_saga({"debit"});
  saga.prepare(1);
  EXPECT_THAT(saga.take_replies(), ElementsAre(refusal(1, "current status 'submitted', cannot prepare. FAILURE")));
}

// A saga goes back only by its own rules.
TEST(SagaAbort, IsRefusedInEveryStatus) {
  machine saga = submitted_saga({"debit"});
  saga.offer(abort_requested{trans_type::saga, "", 1});
  saga.answer("debit", action, success);
  saga.offer(abort_requested{trans_type::tcc, "", 2});
  EXPECT_THAT(saga.take_replies(),
              ElementsAre(refusal(1, "trans type: 'saga' current status 'submitted', cannot abort. FAILURE"),
                          refusal(2, "trans type: 'saga' current status 'succeed', cannot abort. FAILURE")));
  EXPECT_EQ(saga.status(), txn_status::succeed);
}

// The operator's last resort: nobody is called any more, and the branches stay as they are.
TEST(SagaForceStop, EndsAnyUnfinishedSaga) {
  machine saga = submitted_saga({"debit", "credit"});
  saga.answer("debit", action, success);
  saga.take_calls();
  saga.offer(force_stop_requested{1});
  EXPECT_EQ(saga.status(), txn_status::failed);
  EXPECT_EQ(saga.legs(), "[P,S,P,P]");
  EXPECT_THAT(saga.take_replies(), ElementsAre(ok(1)));
  saga.answer("credit", action, success);
  EXPECT_EQ(saga.legs(), "[P,S,P,P]");
  EXPECT_THAT(saga.take_calls(), IsEmpty());
  saga.offer(force_stop_requested{2});
  EXPECT_THAT(saga.take_replies(),
              ElementsAre(refusal(2, "global transaction force stop error. status: failed. error: FAILURE")));
}

TEST(SagaForceStop, EndsAPreparedSaga) {
  machine saga{{{"debit"}}};
  saga.prepare();
  saga.offer(force_stop_requested{1});
  EXPECT_EQ(saga.status(), txn_status::failed);
}

// resetNextCronTime: what waits for its next call is called now.
TEST(SagaRetryRequest, CallsAtOnceWhatWaits) {
  machine saga = submitted_saga({"debit"});
  saga.answer("debit", action, unknown);
  saga.take_calls();
  saga.offer(retry_requested{1});
  EXPECT_THAT(saga.take_calls(), ElementsAre(call{"debit", action}));
  EXPECT_THAT(saga.take_replies(), ElementsAre(ok(1)));
}

// Any status is answered with ok; a final one stays what it is.
TEST(SagaRetryRequest, LeavesAFinishedSagaFinished) {
  machine saga = submitted_saga({"debit"});
  saga.answer("debit", action, success);
  saga.offer(retry_requested{1});
  EXPECT_EQ(saga.status(), txn_status::succeed);
  EXPECT_THAT(saga.take_replies(), ElementsAre(ok(1)));
  EXPECT_EQ(saga.wait(), std::nullopt);
}

// Only prepare and submit bring a transaction into being.
TEST(UnknownGid, IsAnsweredWithItsName) {
  const reply expected{1, {answer_kind::internal, "no TransGlobal with gid: g1 found"}};
  for (const event& e :
       {event{abort_requested{trans_type::saga, "", 1}}, event{force_stop_requested{1}}, event{retry_requested{1}}}) {
    machine none{{{"debit"}}};
    none.offer(e);
    EXPECT_THAT(none.take_replies(), ElementsAre(expected));
    EXPECT_FALSE(none.state().exists());
  }
  machine none{{{"debit"}}};
  none.offer(timer_fired{});
  none.offer(answered{0, success, ""});
  EXPECT_THAT(none.take_replies(), IsEmpty());
}

}  // namespace
}  // namespace treaty
