#include "core/msg/advance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/kit/mode_kit.hpp"

// A two-phase message, row by row (docs/protocol.md §5.6): it is sent once its sender has decided so, and then insists.
namespace treaty {
namespace {

using kit::mode_machine;
using kit::mode_spec;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
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

mode_spec two_steps(txn_options options = {}) {
  return {.type = trans_type::msg,
          .steps = {"a", "b"},
          .query_prepared = "http://bank/query",
          .options = std::move(options)};
}
mode_machine prepared(txn_options options = {}) {
  mode_machine made{two_steps(std::move(options))};
  made.prepare();
  return made;
}
mode_machine submitted(txn_options options = {}) {
  mode_machine made{two_steps(std::move(options))};
  made.submit();
  made.take_calls();
  return made;
}
mode_machine delayed(seconds delay, txn_options options = {}) {
  mode_spec spec = two_steps(std::move(options));
  spec.delay = delay;
  mode_machine made{std::move(spec)};
  made.submit();
  return made;
}
/// Prepared and silent: its sender is being asked.
mode_machine asked(txn_options options = {}) {
  mode_machine made = prepared(std::move(options));
  made.fire_next_timer();
  made.take_calls();
  return made;
}

// -- prepare and submit ---------------------------------------------------------------------------------------------

TEST(MsgPrepare, CallsNobodyAndMayBeRepeated) {
  mode_machine message{two_steps()};
  message.prepare(1);
  EXPECT_EQ(message.last_write(), urgency::now);
  message.prepare(2);
  EXPECT_THAT(message.take_replies(), ElementsAre(ok(1), ok(2)));
  EXPECT_THAT(message.take_calls(), IsEmpty());
  EXPECT_EQ(message.legs(), "[P,P]");
}

TEST(MsgPrepare, AfterTheEndIsRefused) {
  mode_machine message = submitted();
  message.answer("01 action", success);
  message.answer("02 action", success);
  message.prepare(1);
  EXPECT_THAT(message.take_replies(), ElementsAre(refusal(1, "current status 'succeed', cannot prepare. FAILURE")));
}

TEST(MsgSubmit, CallsItsActionsInOrder) {
  mode_machine message = prepared();
  message.submit(1);
  EXPECT_EQ(message.last_write(), urgency::now);
  EXPECT_THAT(message.take_replies(), ElementsAre(ok(1)));
  EXPECT_THAT(message.take_calls(), ElementsAre("01 action"));
  message.answer("01 action", success);
  EXPECT_THAT(message.take_calls(), ElementsAre("02 action"));
  message.answer("02 action", success);
  EXPECT_EQ(message.status(), txn_status::succeed);
}

TEST(MsgSubmit, WithoutAPrepareIsTheWholeMessage) {
  mode_machine message{two_steps()};
  message.submit(1);
  EXPECT_THAT(message.take_calls(), ElementsAre("01 action"));
  EXPECT_THAT(message.take_replies(), ElementsAre(ok(1)));
}

// What the sender prepared is what its transaction was committed with.
TEST(MsgSubmit, KeepsTheStepsOfThePrepare) {
  mode_machine message = prepared();
  message.spec().steps = {"other", "steps", "here"};
  message.submit();
  EXPECT_EQ(message.legs(), "[P,P]");
  EXPECT_EQ(view_leg(message.state().record, 0).url, "http://bank/a");
}

TEST(MsgSubmit, RepeatedGoesOnFromTheStoredRows) {
  mode_machine message = submitted();
  message.answer("01 action", success);
  message.take_calls();
  message.submit(2);
  EXPECT_THAT(message.take_calls(), IsEmpty()) << "the call is under way already";
  message.answer("02 action", unknown);
  message.submit(3);
  EXPECT_THAT(message.take_calls(), ElementsAre("02 action")) << "the first is not called again";
  message.answer("02 action", success);
  message.submit(4);
  EXPECT_THAT(message.take_replies(),
              ElementsAre(ok(2), ok(3), refusal(4, "current status 'succeed', cannot sumbmit. FAILURE")));
}

TEST(MsgSubmit, WithoutStepsOrUrlsSucceedsAtOnce) {
  for (const std::vector<std::string>& steps : {std::vector<std::string>{}, std::vector<std::string>{"-", "-"}}) {
    mode_machine message{{.type = trans_type::msg, .steps = steps}};
    message.submit();
    EXPECT_EQ(message.status(), txn_status::succeed);
    EXPECT_THAT(message.take_calls(), IsEmpty());
  }
}

TEST(MsgSubmit, WithFewerPayloadsThanStepsIsRefusedAndStoresNothing) {
  for (const bool prepares : {true, false}) {
    mode_machine message{two_steps()};
    auto broken = std::make_shared<txn_definition>(*kit::define(two_steps()));
    broken->payloads.pop_back();
    if (prepares) {
      message.offer(prepare_requested{broken, 1});
    } else {
      message.offer(submit_requested{broken, 1});
    }
    const auto replies = message.take_replies();
    ASSERT_EQ(replies.size(), 1u);
    EXPECT_EQ(replies[0].what.kind, answer_kind::invalid);
    EXPECT_FALSE(message.state().exists());
  }
}

// -- abort ----------------------------------------------------------------------------------------------------------

// Whatever type the request names, as with DTM.
TEST(MsgAbort, OfAPreparedOneFails) {
  for (const trans_type named : all_trans_types) {
    mode_machine message = prepared();
    message.abort(1, "no money", named);
    EXPECT_EQ(message.status(), txn_status::failed);
    EXPECT_EQ(message.last_write(), urgency::now);
    EXPECT_THAT(message.take_replies(), ElementsAre(ok(1)));
    EXPECT_FALSE(message.fire_next_timer());
  }
}

TEST(MsgAbort, AfterTheSubmitIsRefused) {
  mode_machine message = submitted();
  message.abort(1);
  EXPECT_THAT(message.take_replies(),
              ElementsAre(refusal(1, "trans type: 'msg' current status 'submitted', cannot abort. FAILURE")));
  EXPECT_EQ(message.status(), txn_status::submitted);
}

TEST(MsgSubmit, AfterAnAbortIsRefused) {
  mode_machine message = prepared();
  message.abort();
  message.submit(1);
  EXPECT_THAT(message.take_replies(), ElementsAre(refusal(1, "current status 'failed', cannot sumbmit. FAILURE")));
  EXPECT_THAT(message.take_calls(), IsEmpty());
}

TEST(MsgRegister, IsRefused) {
  mode_machine message = prepared();
  message.offer(kit::registration(trans_type::tcc, {.id = "01"}, 1));
  EXPECT_THAT(message.take_replies(), ElementsAre(refusal(1, "no trans with gid: g1 status: prepared found FAILURE")));
  EXPECT_EQ(message.legs(), "[P,P]");
}

// -- asking the sender ----------------------------------------------------------------------------------------------

TEST(MsgQuery, ComesOnceTheServersLimitHasPassed) {
  mode_machine message = prepared();
  EXPECT_EQ(message.wait(), milliseconds{35'000});
  message.pass_and_fire(milliseconds{34'999});
  EXPECT_THAT(message.take_calls(), IsEmpty());
  message.pass_and_fire(milliseconds{1});
  EXPECT_THAT(message.take_calls(), ElementsAre("ask"));
  message.pass_and_fire(hours{1});
  EXPECT_THAT(message.take_calls(), IsEmpty()) << "one question at a time";
  EXPECT_EQ(message.wait(), std::nullopt);
}

TEST(MsgQuery, ComesOnceItsOwnLimitHasPassed) {
  mode_machine message = prepared({.timeout_to_fail = seconds{120}});
  EXPECT_EQ(message.wait(), milliseconds{120'000});
}

TEST(MsgQuery, AnsweredSuccessSubmits) {
  mode_machine message = asked();
  message.say(success);
  EXPECT_EQ(message.status(), txn_status::submitted);
  EXPECT_EQ(message.last_write(), urgency::now);
  EXPECT_THAT(message.take_calls(), ElementsAre("01 action"));
}

TEST(MsgQuery, AnsweredFailureFailsWithoutAReason) {
  mode_machine message = asked();
  message.say(refused, "rolled back");
  EXPECT_EQ(message.status(), txn_status::failed);
  EXPECT_EQ(message.progress().rollback_reason, "");
  EXPECT_THAT(message.take_calls(), IsEmpty());
  EXPECT_FALSE(message.fire_next_timer());
}

TEST(MsgQuery, WithoutAnAnswerIsRepeatedWaitingLonger) {
  mode_machine message = asked();
  for (const int wait : {10, 20, 40}) {
    message.say(unknown, "HTTP 503");
    EXPECT_EQ(message.status(), txn_status::prepared);
    EXPECT_EQ(message.wait(), seconds{wait});
    ASSERT_TRUE(message.fire_next_timer());
    EXPECT_THAT(message.take_calls(), ElementsAre("ask"));
  }
  EXPECT_EQ(message.progress().last_error, "HTTP 503");
  EXPECT_EQ(message.progress().watch.attempts, 3u);
}

// It answers, so it is alive: the pace begins anew.
TEST(MsgQuery, AnsweredOngoingIsRepeatedAtTheFirstPace) {
  mode_machine message = asked({.retry_interval = seconds{4}});
  message.say(unknown);
  message.fire_next_timer();
  message.say(unknown);
  EXPECT_EQ(message.wait(), seconds{8});
  message.fire_next_timer();
  message.say(ongoing);
  EXPECT_EQ(message.wait(), seconds{4});
  EXPECT_EQ(message.status(), txn_status::prepared);
}

TEST(MsgQuery, IsNotMadeWithoutAnAddress) {
  mode_machine message{{.type = trans_type::msg, .steps = {"a"}}};
  message.prepare();
  ASSERT_TRUE(message.fire_next_timer());
  EXPECT_EQ(message.status(), txn_status::submitted) << "docs/protocol.md: an empty query_prepared is a yes";
  EXPECT_EQ(message.last_write(), urgency::now);
  EXPECT_THAT(message.take_calls(), ElementsAre("01 action"));
}

// The sender's own word comes before what it says when it is asked.
TEST(MsgQuery, AnsweredAfterTheSendersWordChangesNothing) {
  for (const call_outcome said : all_call_outcomes) {
    mode_machine sent = asked();
    sent.submit();
    sent.say(said);
    EXPECT_EQ(sent.status(), txn_status::submitted);
    EXPECT_THAT(sent.take_calls(), ElementsAre("01 action"));
    mode_machine dropped = asked();
    dropped.abort();
    dropped.say(said);
    EXPECT_EQ(dropped.status(), txn_status::failed);
    EXPECT_THAT(dropped.take_calls(), IsEmpty());
  }
}

TEST(MsgQuery, AnsweredTwiceCountsOnce) {
  mode_machine message = asked();
  message.say(unknown);
  message.say(refused);
  EXPECT_EQ(message.status(), txn_status::prepared) << "nothing was asked";
}

TEST(MsgQuery, IsMadeAgainAfterACrash) {
  mode_machine message = asked();
  message.crash();
  EXPECT_THAT(message.take_calls(), ElementsAre("ask"));
  message.say(unknown);
  message.crash();
  EXPECT_THAT(message.take_calls(), IsEmpty());
  EXPECT_EQ(message.wait(), milliseconds{10'000});
}

TEST(MsgQuery, DoesNotKeepAWaitingSubmitWaiting) {
  mode_machine message = asked();
  message.spec().options.wait_result = true;
  message.spec().delay = seconds{60};
  message.submit(1);
  EXPECT_THAT(message.take_replies(), ElementsAre(refusal(1, "wait result not return success: FAILURE")));
}

// -- delay ----------------------------------------------------------------------------------------------------------

TEST(MsgDelay, CountsFromTheSubmit) {
  mode_machine message = prepared();
  message.pass(seconds{7});
  message.spec().delay = seconds{10};
  message.submit(1);
  EXPECT_THAT(message.take_calls(), IsEmpty());
  EXPECT_EQ(message.wait(), milliseconds{10'000});
  message.pass_and_fire(milliseconds{9'999});
  EXPECT_THAT(message.take_calls(), IsEmpty());
  message.pass_and_fire(milliseconds{1});
  EXPECT_THAT(message.take_calls(), ElementsAre("01 action"));
  message.answer("01 action", success);
  EXPECT_THAT(message.take_calls(), ElementsAre("02 action")) << "the delay is over for all";
}

TEST(MsgDelay, IsHeldWhateverHappens) {
  mode_machine message = delayed(seconds{10});
  message.pass(seconds{4});
  message.crash();
  message.submit(2);
  message.offer(retry_requested{3});
  EXPECT_THAT(message.take_calls(), IsEmpty());
  EXPECT_EQ(message.wait(), milliseconds{6'000});
  ASSERT_TRUE(message.fire_next_timer());
  EXPECT_THAT(message.take_calls(), ElementsAre("01 action"));
}

TEST(MsgDelay, HoldsForASubmitThatTheQueryMade) {
  mode_spec spec = two_steps();
  spec.delay = seconds{10};
  mode_machine message{spec};
  message.prepare();
  message.fire_next_timer();
  message.take_calls();
  message.say(success);
  EXPECT_THAT(message.take_calls(), IsEmpty());
  EXPECT_EQ(message.wait(), milliseconds{10'000});
}

TEST(MsgDelay, HugeOrNegativeDoesNoHarm) {
  mode_machine far = delayed(seconds{std::numeric_limits<std::int64_t>::max()});
  EXPECT_GT(*far.wait(), hours{24 * 365 * 99});
  mode_machine past = delayed(seconds{-5});
  EXPECT_THAT(past.take_calls(), ElementsAre("01 action"));
}

// -- answers of participants ----------------------------------------------------------------------------------------

// A message never rolls back.
TEST(MsgAction, RefusedIsRepeatedLikeSilence) {
  mode_machine message = submitted();
  for (const auto& [outcome, wait] : {std::pair{refused, 10}, std::pair{unknown, 20}, std::pair{refused, 40}}) {
    message.answer("01 action", outcome, "no");
    EXPECT_EQ(message.status(), txn_status::submitted);
    EXPECT_EQ(message.legs(), "[P!,P]");
    EXPECT_EQ(message.wait(), seconds{wait});
    ASSERT_TRUE(message.fire_next_timer());
    EXPECT_THAT(message.take_calls(), ElementsAre("01 action")) << "in order: the second waits";
  }
}

TEST(MsgAction, OngoingKeepsThePace) {
  mode_machine message = submitted({.retry_interval = seconds{5}});
  for (int round = 0; round < 3; ++round) {
    message.answer("01 action", ongoing);
    EXPECT_EQ(message.wait(), seconds{5});
    ASSERT_TRUE(message.fire_next_timer());
  }
}

TEST(MsgAction, SideBySideWaitsForNobody) {
  mode_machine message{two_steps({.concurrent = true})};
  message.submit();
  EXPECT_THAT(message.take_calls(), ElementsAre("01 action", "02 action"));
  message.answer("01 action", unknown);
  message.answer("02 action", success);
  EXPECT_EQ(message.legs(), "[P!,S]");
  message.crash();
  ASSERT_TRUE(message.fire_next_timer());
  EXPECT_THAT(message.take_calls(), ElementsAre("01 action"));
  message.answer("01 action", success);
  EXPECT_EQ(message.status(), txn_status::succeed);
}

TEST(MsgAction, RepeatedAndLateAnswersChangeNothing) {
  mode_machine message = submitted();
  message.answer("01 action", success);
  message.answer("01 action", refused);
  message.offer(answered{99, success, ""});
  EXPECT_EQ(message.legs(), "[S,P]");
  EXPECT_EQ(message.last_write(), urgency::none);
}

// -- waiting (docs/protocol.md §5.1) --------------------------------------------------------------------------------

TEST(MsgWait, HearsHowItsRoundEnded) {
  mode_machine message{two_steps({.wait_result = true})};
  message.submit(1);
  message.answer("01 action", ongoing);
  EXPECT_THAT(message.take_replies(), ElementsAre(refusal(1, "wait result not return success: FAILURE")));
  message.submit(2);
  message.answer("01 action", refused, "no");
  auto replies = message.take_replies();
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].what.kind, answer_kind::failure) << "although it is still submitted";
  EXPECT_THAT(replies[0].what.message, HasSubstr("unkown result will be retried: no FAILURE"));
  message.submit(3);
  message.answer("01 action", unknown, "HTTP 503");
  replies = message.take_replies();
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].what.kind, answer_kind::error);
  message.submit(4);
  message.answer("01 action", success);
  EXPECT_THAT(message.take_replies(), IsEmpty()) << "there is one more";
  message.answer("02 action", success);
  EXPECT_THAT(message.take_replies(), ElementsAre(ok(4)));
}

TEST(MsgWait, SideBySideEndsWithTheFirstError) {
  mode_machine message{two_steps({.wait_result = true, .concurrent = true})};
  message.submit(1);
  message.answer("02 action", ongoing);
  EXPECT_THAT(message.take_replies(), IsEmpty()) << "an ongoing one ends nothing while others run";
  message.answer("01 action", refused);
  EXPECT_EQ(message.take_replies().size(), 1u);
}

// -- operators ------------------------------------------------------------------------------------------------------

TEST(MsgForceStop, EndsAnythingUnfinished) {
  for (mode_machine message : {prepared(), asked(), submitted(), delayed(seconds{10})}) {
    message.offer(force_stop_requested{1});
    EXPECT_EQ(message.status(), txn_status::failed);
    EXPECT_THAT(message.take_calls(), IsEmpty());
    EXPECT_FALSE(message.fire_next_timer());
    message.say(success);
    EXPECT_EQ(message.status(), txn_status::failed);
  }
}

TEST(MsgRetry, RepeatsAtOnceWhatWaitsForARepetition) {
  mode_machine message = submitted();
  message.answer("01 action", unknown);
  message.offer(retry_requested{1});
  EXPECT_THAT(message.take_calls(), ElementsAre("01 action"));
  EXPECT_THAT(message.take_replies(), ElementsAre(ok(1)));
}

TEST(MsgRetry, RepeatsTheQuestionButAsksNobodyBeforeItsTime) {
  mode_machine early = prepared();
  early.offer(retry_requested{1});
  EXPECT_THAT(early.take_calls(), IsEmpty());
  mode_machine message = asked();
  message.say(unknown);
  message.offer(retry_requested{2});
  EXPECT_THAT(message.take_calls(), ElementsAre("ask"));
}

TEST(MsgRetry, OfAFinishedOneIsAnsweredAndCallsNobody) {
  mode_machine message = asked();
  message.say(unknown);
  message.abort();
  message.offer(retry_requested{1});
  EXPECT_THAT(message.take_replies(), ElementsAre(ok(1)));
  EXPECT_THAT(message.take_calls(), IsEmpty());
  EXPECT_FALSE(message.fire_next_timer());
}

}  // namespace
}  // namespace treaty
