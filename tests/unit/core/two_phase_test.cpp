#include "core/two_phase.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/kit/mode_kit.hpp"

// What tcc and xa share, row by row (docs/protocol.md §5.4, §5.5): who may ask what when, and that a decision stands.
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

class TwoPhase : public testing::TestWithParam<trans_type> {
protected:
  bool is_tcc() const { return GetParam() == trans_type::tcc; }
  std::string name() const { return std::string{to_string(GetParam())}; }
  std::string forward(std::string_view id) const { return std::string{id} + (is_tcc() ? " confirm" : " commit"); }
  std::string backward(std::string_view id) const { return std::string{id} + (is_tcc() ? " cancel" : " rollback"); }
  mode_machine fresh(txn_options options = {}, server_policy policy = {}) const {
    return mode_machine{mode_spec{.type = GetParam(), .options = std::move(options)}, policy};
  }
  mode_machine prepared(txn_options options = {}) const {
    return kit::with_branches(GetParam(), {"01"}, std::move(options));
  }
  mode_machine submitted(txn_options options = {}) const {
    mode_machine made = prepared(std::move(options));
    made.submit();
    made.take_calls();
    return made;
  }
  mode_machine aborting(txn_options options = {}) const {
    mode_machine made = prepared(std::move(options));
    made.abort();
    made.take_calls();
    return made;
  }
  static txn_options waiting() { return {.wait_result = true}; }
};

INSTANTIATE_TEST_SUITE_P(Types, TwoPhase, testing::Values(trans_type::tcc, trans_type::xa),
                         [](const auto& one) { return std::string{to_string(one.param)}; });

// -- prepared -------------------------------------------------------------------------------------------------------

TEST_P(TwoPhase, APrepareIsAnsweredOnceDurableAndMayBeRepeated) {
  mode_machine txn = fresh();
  txn.prepare(1);
  EXPECT_EQ(txn.last_write(), urgency::now);
  txn.prepare(2);
  EXPECT_EQ(txn.last_write(), urgency::none) << "the second changes nothing";
  EXPECT_THAT(txn.take_replies(), ElementsAre(ok(1), ok(2)));
  EXPECT_EQ(txn.status(), txn_status::prepared);
}

TEST_P(TwoPhase, APrepareAfterTheDecisionIsRefused) {
  mode_machine txn = submitted();
  txn.prepare(1);
  EXPECT_THAT(txn.take_replies(), ElementsAre(refusal(1, "current status 'submitted', cannot prepare. FAILURE")));
}

// The rows are durable before the client tries the branch: what was tried can always be cancelled.
TEST_P(TwoPhase, ARegistrationIsDurableBeforeItIsAnswered) {
  mode_machine txn = fresh();
  txn.prepare();
  txn.register_branch({.id = "01"}, 1);
  EXPECT_EQ(txn.last_write(), urgency::now);
  EXPECT_THAT(txn.take_replies(), ElementsAre(ok(1)));
  EXPECT_EQ(txn.legs(), "[P,P]");
}

// The clients' libraries expect an error that is no FAILURE: it says nothing about the transaction.
TEST_P(TwoPhase, ASecondRegistrationOfABranchIsAnError) {
  mode_machine txn = prepared();
  txn.register_branch({.id = "01"}, 1);
  EXPECT_THAT(txn.take_replies(), ElementsAre(reply{1, {answer_kind::error, "storage: UniqueKeyConflict"}}));
  EXPECT_EQ(txn.legs(), "[P,P]");
  txn.register_branch({.id = "0101"}, 2);
  EXPECT_THAT(txn.take_replies(), ElementsAre(ok(2))) << "a nested branch is another one";
}

TEST_P(TwoPhase, ARegistrationAfterTheDecisionIsRefused) {
  for (mode_machine txn : {submitted(), aborting()}) {
    txn.register_branch({.id = "02"}, 1);
    EXPECT_THAT(txn.take_replies(), ElementsAre(refusal(1, "no trans with gid: g1 status: prepared found FAILURE")));
    EXPECT_EQ(txn.legs(), "[P,P]");
  }
}

TEST_P(TwoPhase, ARegistrationForNothingIsRefused) {
  mode_machine txn = fresh();
  txn.register_branch({.id = "01"}, 1);
  EXPECT_THAT(txn.take_replies(), ElementsAre(refusal(1, "no trans with gid: g1 status: prepared found FAILURE")));
  EXPECT_FALSE(txn.state().exists());
}

// Its rows would never be called.
TEST_P(TwoPhase, ABranchOfAnotherTypeIsAnError) {
  mode_machine txn = prepared();
  const trans_type other = is_tcc() ? trans_type::xa : trans_type::tcc;
  txn.offer(kit::registration(other, {.id = "02"}, 1));
  const auto replies = txn.take_replies();
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].what.kind, answer_kind::error);
  EXPECT_EQ(txn.legs(), "[P,P]");
}

// Each decision looks at all rows, and each write carries them: their number has a limit.
TEST_P(TwoPhase, TooManyBranchesAreAnError) {
  mode_machine txn = fresh();
  txn.prepare();
  register_requested many{GetParam(), {}};
  while (many.branches.size() < registered_rows_max) {
    auto row = std::make_shared<registered_branch>();
    row->id = branch_id{std::to_string(many.branches.size())};
    many.branches.push_back(std::move(row));
  }
  txn.offer(many);
  txn.register_branch({.id = "next"}, 1);
  EXPECT_THAT(txn.take_replies(),
              ElementsAre(reply{1, {answer_kind::invalid, "at most 20000 rows can be registered"}}));
  EXPECT_EQ(txn.progress().legs.size(), registered_rows_max);
}

TEST_P(TwoPhase, TooManyBytesOfBranchesAreAnError) {
  mode_machine txn = fresh();
  txn.prepare();
  const auto add = [&](const char* id, std::size_t bytes) {
    auto row = std::make_shared<registered_branch>();
    row->id = branch_id{id};
    row->payload.assign(bytes, 'x');
    txn.offer(register_requested{.type = GetParam(), .branches = {std::move(row)}, .reply_to = 1});
  };
  add("01", registered_bytes_max);
  add("02", 1);
  EXPECT_THAT(txn.take_replies(),
              ElementsAre(reply{1, {}},
                          reply{1, {answer_kind::invalid, "at most 67108864 bytes of payloads can be registered"}}));
}

// -- silence --------------------------------------------------------------------------------------------------------

TEST_P(TwoPhase, ASilentClientIsGivenUpAfterTheServersLimit) {
  mode_machine txn = prepared();
  EXPECT_EQ(txn.wait(), milliseconds{35'000});
  txn.pass_and_fire(milliseconds{34'999});
  EXPECT_EQ(txn.status(), txn_status::prepared);
  txn.pass_and_fire(milliseconds{1});
  EXPECT_EQ(txn.status(), txn_status::aborting);
  EXPECT_EQ(txn.progress().rollback_reason, "Timeout after 0 seconds") << "the protocol prints what the client gave";
  EXPECT_EQ(txn.last_write(), urgency::now);
  EXPECT_THAT(txn.take_calls(), ElementsAre(backward("01")));
}

TEST_P(TwoPhase, ItsOwnLimitCountsFromThePrepare) {
  mode_machine txn = fresh({.timeout_to_fail = seconds{120}});
  txn.prepare();
  txn.pass(seconds{100});
  txn.register_branch({.id = "01"});
  EXPECT_EQ(txn.wait(), milliseconds{20'000});
  ASSERT_TRUE(txn.fire_next_timer());
  EXPECT_EQ(txn.progress().rollback_reason, "Timeout after 120 seconds");
}

TEST_P(TwoPhase, TheLimitOfAServerThatHasAnotherOne) {
  mode_machine txn = fresh({}, {.retry = {}, .timeout_to_fail = seconds{7}});
  txn.prepare();
  EXPECT_EQ(txn.wait(), milliseconds{7'000});
  ASSERT_TRUE(txn.fire_next_timer());
  EXPECT_EQ(txn.status(), txn_status::failed) << "nothing was registered, so nothing is to be undone";
}

// The client spoke before we acted: its word counts, as it does with DTM.
TEST_P(TwoPhase, ASubmitAfterTheLimitButBeforeTheTimerIsAccepted) {
  mode_machine txn = prepared();
  txn.pass(seconds{40});
  txn.submit(1);
  EXPECT_THAT(txn.take_replies(), ElementsAre(ok(1)));
  EXPECT_THAT(txn.take_calls(), ElementsAre(forward("01")));
  EXPECT_EQ(txn.status(), txn_status::submitted);
}

TEST_P(TwoPhase, ASubmitOfATimedOutOneIsRefused) {
  mode_machine txn = prepared();
  txn.fire_next_timer();
  txn.submit(1);
  txn.answer(backward("01"), success);
  txn.submit(2);
  EXPECT_THAT(txn.take_replies(), ElementsAre(refusal(1, "current status 'aborting', cannot sumbmit. FAILURE"),
                                              refusal(2, "current status 'failed', cannot sumbmit. FAILURE")));
}

TEST_P(TwoPhase, ALimitIsOverOnceTheClientHasSpoken) {
  mode_machine txn = submitted();
  txn.pass_and_fire(hours{1});
  EXPECT_EQ(txn.status(), txn_status::submitted);
}

// Whatever number a client sends: no overflow, no limit in the past.
TEST_P(TwoPhase, HugeAndNegativeLimitsDoNoHarm) {
  for (const auto limit : {std::numeric_limits<std::int64_t>::max(), std::int64_t{1} << 40}) {
    mode_machine txn = fresh({.timeout_to_fail = seconds{limit}, .retry_interval = seconds{limit}});
    txn.prepare();
    ASSERT_TRUE(txn.wait().has_value());
    EXPECT_GT(*txn.wait(), hours{24 * 365 * 99});
    txn.register_branch({.id = "01"});
    txn.submit();
    txn.answer(forward("01"), unknown);
    EXPECT_GT(*txn.wait(), hours{24});
  }
  mode_machine txn = fresh({.timeout_to_fail = seconds{std::numeric_limits<std::int64_t>::min()}});
  txn.prepare();
  EXPECT_EQ(txn.wait(), milliseconds{35'000});
}

// -- the two decisions ----------------------------------------------------------------------------------------------

TEST_P(TwoPhase, ASubmitIsDurableAndThenCallsForward) {
  mode_machine txn = prepared();
  txn.submit(1);
  EXPECT_EQ(txn.last_write(), urgency::now);
  EXPECT_THAT(txn.take_calls(), ElementsAre(forward("01")));
  txn.answer(forward("01"), success);
  EXPECT_EQ(txn.status(), txn_status::succeed);
  EXPECT_EQ(txn.legs(), "[P,S]");
  EXPECT_TRUE(is_set(txn.progress().finish_time));
}

TEST_P(TwoPhase, AnAbortIsDurableAndThenCallsBackward) {
  mode_machine txn = prepared();
  txn.abort(1, "rpc error: code = Aborted desc = reason:");
  EXPECT_EQ(txn.last_write(), urgency::now);
  EXPECT_EQ(txn.progress().rollback_reason, "rpc error: code = Aborted desc = reason:") << "exactly as given";
  EXPECT_THAT(txn.take_calls(), ElementsAre(backward("01")));
  txn.answer(backward("01"), success);
  EXPECT_EQ(txn.status(), txn_status::failed);
  EXPECT_EQ(txn.legs(), "[S,P]");
  EXPECT_THAT(txn.take_replies(), ElementsAre(ok(1)));
}

// The types that a client may name differ from the stored one, but must be one of the two.
TEST_P(TwoPhase, AnAbortNamesTccOrXa) {
  for (const trans_type named : {trans_type::saga, trans_type::msg, trans_type::workflow}) {
    mode_machine txn = prepared();
    txn.abort(1, "", named);
    EXPECT_THAT(txn.take_replies(), ElementsAre(refusal(1, "trans type: '" + name() +
                                                               "' current status 'prepared', cannot abort. FAILURE")));
    EXPECT_EQ(txn.status(), txn_status::prepared);
  }
  mode_machine txn = prepared();
  txn.abort(1, "", is_tcc() ? trans_type::xa : trans_type::tcc);
  EXPECT_EQ(txn.status(), txn_status::aborting);
}

// DTM's known fault (Q1): it took the branches of the second submit, which has none, and reported success.
TEST_P(TwoPhase, ASecondSubmitSkipsNothing) {
  mode_machine txn = submitted();
  txn.submit(1);
  EXPECT_EQ(txn.status(), txn_status::submitted);
  EXPECT_THAT(txn.take_calls(), IsEmpty()) << "the call is under way already";
  txn.answer(forward("01"), unknown);
  txn.submit(2);
  EXPECT_THAT(txn.take_calls(), ElementsAre(forward("01"))) << "and this one does not wait for its time";
  EXPECT_THAT(txn.take_replies(), ElementsAre(ok(1), ok(2)));
  txn.answer(forward("01"), success);
  txn.submit(3);
  EXPECT_THAT(txn.take_replies(), ElementsAre(refusal(3, "current status 'succeed', cannot sumbmit. FAILURE")));
}

TEST_P(TwoPhase, ASecondAbortRepeatsWhatWaitsAndKeepsTheFirstReason) {
  mode_machine txn = prepared();
  txn.abort(1, "first");
  txn.take_calls();
  txn.answer(backward("01"), unknown);
  txn.abort(2, "second");
  EXPECT_THAT(txn.take_calls(), ElementsAre(backward("01")));
  EXPECT_EQ(txn.progress().rollback_reason, "first");
  EXPECT_THAT(txn.take_replies(), ElementsAre(ok(1), ok(2)));
}

TEST_P(TwoPhase, ASecondAbortSuppliesAMissingReason) {
  mode_machine txn = aborting();
  txn.abort(1, "now I know");
  EXPECT_EQ(txn.progress().rollback_reason, "now I know");
}

TEST_P(TwoPhase, CrossedRequestsAreRefused) {
  mode_machine forth = submitted();
  forth.abort(1);
  EXPECT_THAT(forth.take_replies(), ElementsAre(refusal(1, "trans type: '" + name() +
                                                               "' current status 'submitted', cannot abort. FAILURE")));
  EXPECT_EQ(forth.status(), txn_status::submitted);
  mode_machine back = aborting();
  back.submit(2);
  EXPECT_THAT(back.take_replies(), ElementsAre(refusal(2, "current status 'aborting', cannot sumbmit. FAILURE")));
  EXPECT_EQ(back.status(), txn_status::aborting);
}

TEST_P(TwoPhase, ASubmitOfNothingPreparedSucceedsAtOnce) {
  mode_machine txn = fresh();
  txn.submit(1);
  EXPECT_EQ(txn.status(), txn_status::succeed);
  EXPECT_THAT(txn.take_replies(), ElementsAre(ok(1)));
}

TEST_P(TwoPhase, UnknownGidsAreNotFound) {
  mode_machine txn = fresh();
  const answer none{answer_kind::internal, "no TransGlobal with gid: g1 found"};
  txn.abort(1);
  txn.offer(force_stop_requested{2});
  txn.offer(retry_requested{3});
  EXPECT_THAT(txn.take_replies(), ElementsAre(reply{1, none}, reply{2, none}, reply{3, none}));
  EXPECT_FALSE(txn.state().exists());
}

// -- answers of branches --------------------------------------------------------------------------------------------

// After the decision there is no way back: even a refusal is only a reason to ask again, waiting longer each time.
TEST_P(TwoPhase, ARefusalIsRepeatedLikeSilence) {
  for (const bool forth : {true, false}) {
    mode_machine txn = forth ? submitted() : aborting();
    const txn_status decided = txn.status();
    const std::string call = forth ? forward("01") : backward("01");
    for (const auto& [outcome, wait] : {std::pair{refused, 10}, std::pair{unknown, 20}, std::pair{refused, 40}}) {
      txn.answer(call, outcome, "no");
      EXPECT_EQ(txn.status(), decided);
      EXPECT_EQ(txn.wait(), seconds{wait});
      ASSERT_TRUE(txn.fire_next_timer());
      EXPECT_THAT(txn.take_calls(), ElementsAre(call));
    }
    EXPECT_EQ(txn.progress().last_error, "no");
    txn.answer(call, success);
    EXPECT_TRUE(is_final(txn.status()));
  }
}

TEST_P(TwoPhase, OngoingKeepsThePace) {
  mode_machine txn = submitted({.retry_interval = seconds{5}});
  for (int round = 0; round < 3; ++round) {
    txn.answer(forward("01"), ongoing);
    EXPECT_EQ(txn.wait(), seconds{5});
    ASSERT_TRUE(txn.fire_next_timer());
  }
}

TEST_P(TwoPhase, TheWaitHasACap) {
  mode_machine txn = submitted();
  for (int round = 0; round < 20; ++round) {
    txn.answer(forward("01"), unknown);
    ASSERT_LE(*txn.wait(), seconds{600});
    ASSERT_TRUE(txn.fire_next_timer());
  }
}

TEST_P(TwoPhase, RepeatedAndLateAnswersChangeNothing) {
  mode_machine txn = kit::with_branches(GetParam(), {"01", "02"});
  txn.submit();
  const std::string first = txn.take_calls().at(0);
  txn.answer(first, success);
  const std::string legs = txn.legs();
  txn.answer(first, refused);
  txn.answer(first, success);
  EXPECT_EQ(txn.legs(), legs);
  EXPECT_EQ(txn.last_write(), urgency::none);
  txn.offer(answered{99, success, ""});
  txn.say(success);
  EXPECT_EQ(txn.legs(), legs);
}

TEST_P(TwoPhase, BothEmptyUrlsEndItWithoutACall) {
  mode_machine txn = fresh();
  txn.prepare();
  txn.register_branch({.id = "01", .without = {branch_op::confirm, branch_op::commit}});
  txn.submit(1);
  EXPECT_EQ(txn.status(), txn_status::succeed);
  EXPECT_EQ(txn.legs(), "[P,S]");
  EXPECT_THAT(txn.take_calls(), IsEmpty());
}

// -- waiting (docs/protocol.md §5.1) --------------------------------------------------------------------------------

TEST_P(TwoPhase, AWaitingSubmitHearsHowItsRoundEnded) {
  mode_machine txn = prepared();
  txn.spec().options = waiting();
  txn.submit(1);
  EXPECT_THAT(txn.take_replies(), IsEmpty());
  txn.answer(forward("01"), ongoing, "not yet");
  EXPECT_THAT(txn.take_replies(), ElementsAre(reply{1, {answer_kind::ongoing, "ONGOING"}}));
  txn.submit(2);
  txn.answer(forward("01"), unknown, "HTTP 503");
  auto replies = txn.take_replies();
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].what.kind, answer_kind::error);
  EXPECT_THAT(replies[0].what.message, HasSubstr("unkown result will be retried: HTTP 503"));
  txn.submit(3);
  txn.answer(forward("01"), refused, "no money");
  replies = txn.take_replies();
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].what.kind, answer_kind::failure) << "although it is still submitted";
  EXPECT_THAT(replies[0].what.message, HasSubstr("no money FAILURE"));
  EXPECT_EQ(txn.status(), txn_status::submitted);
  txn.submit(4);
  txn.answer(forward("01"), success);
  EXPECT_THAT(txn.take_replies(), ElementsAre(ok(4)));
}

// The abort's body does not say whether it waits: the prepare did.
TEST_P(TwoPhase, AWaitingAbortHearsHowItsRoundEnded) {
  mode_machine txn = aborting(waiting());
  txn.abort(1);
  txn.answer(backward("01"), ongoing);
  EXPECT_THAT(txn.take_replies(), ElementsAre(reply{1, {answer_kind::ongoing, "ONGOING"}}));
  txn.abort(2);
  txn.answer(backward("01"), success);
  EXPECT_EQ(txn.status(), txn_status::failed);
  EXPECT_THAT(txn.take_replies(), ElementsAre(ok(2))) << "it is undone, as asked";
}

TEST_P(TwoPhase, EveryWaitingRequestIsAnsweredOnce) {
  mode_machine txn = prepared();
  txn.spec().options = waiting();
  txn.submit(1);
  txn.submit(2);
  txn.offer(force_stop_requested{3});
  EXPECT_THAT(txn.take_replies(), ElementsAre(refusal(1, "wait result not return success: FAILURE"),
                                              refusal(2, "wait result not return success: FAILURE"), ok(3)));
  txn.answer(forward("01"), success);
  EXPECT_THAT(txn.take_replies(), IsEmpty());
}

// -- operators and crashes ------------------------------------------------------------------------------------------

TEST_P(TwoPhase, AForcedStopEndsAnythingUnfinishedAndCallsNobody) {
  for (mode_machine txn : {prepared(), submitted(), aborting()}) {
    txn.offer(force_stop_requested{1});
    EXPECT_EQ(txn.status(), txn_status::failed);
    EXPECT_THAT(txn.take_calls(), IsEmpty());
    EXPECT_THAT(txn.take_replies(), ElementsAre(ok(1)));
    EXPECT_FALSE(txn.fire_next_timer());
    EXPECT_EQ(txn.legs(), "[P,P]") << "branches untouched";
    txn.offer(force_stop_requested{2});
    EXPECT_THAT(txn.take_replies(),
                ElementsAre(refusal(2, "global transaction force stop error. status: failed. error: FAILURE")));
  }
}

TEST_P(TwoPhase, ARetryCallsAtOnceWhatWaits) {
  mode_machine txn = submitted();
  txn.answer(forward("01"), unknown);
  txn.offer(retry_requested{1});
  EXPECT_THAT(txn.take_calls(), ElementsAre(forward("01")));
  EXPECT_THAT(txn.take_replies(), ElementsAre(ok(1)));
}

// The client has its time to speak, whatever an operator wants.
TEST_P(TwoPhase, ARetryDoesNotGiveUpAPreparedOne) {
  mode_machine txn = prepared();
  txn.offer(retry_requested{1});
  EXPECT_EQ(txn.status(), txn_status::prepared);
  EXPECT_EQ(txn.wait(), milliseconds{35'000});
}

TEST_P(TwoPhase, ARetryOfAFinishedOneIsAnsweredAndCallsNobody) {
  mode_machine txn = submitted();
  txn.answer(forward("01"), success);
  txn.offer(retry_requested{1});
  EXPECT_THAT(txn.take_replies(), ElementsAre(ok(1)));
  EXPECT_THAT(txn.take_calls(), IsEmpty());
  EXPECT_FALSE(txn.fire_next_timer());
}

TEST_P(TwoPhase, ACrashOwesWhatTheRecordOwes) {
  mode_machine forth = submitted();
  forth.crash();
  EXPECT_THAT(forth.take_calls(), ElementsAre(forward("01")));
  mode_machine back = aborting();
  back.crash();
  EXPECT_THAT(back.take_calls(), ElementsAre(backward("01")));
  mode_machine silent = prepared();
  silent.pass(seconds{60});
  silent.crash();
  EXPECT_THAT(silent.take_calls(), ElementsAre(backward("01")));
  mode_machine patient = submitted();
  patient.answer(forward("01"), unknown);
  patient.crash();
  EXPECT_THAT(patient.take_calls(), IsEmpty()) << "a restart is no reason to hurry";
  EXPECT_EQ(patient.wait(), milliseconds{10'000});
}

}  // namespace
}  // namespace treaty
