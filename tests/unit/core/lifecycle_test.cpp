#include "core/lifecycle.hpp"

#include <gtest/gtest.h>

#include "tests/kit/saga_kit.hpp"

namespace treaty {
namespace {

// A reason is wrapped more than once on its way to the client, and the word must stand there once.
TEST(FailureText, EndsWithTheWordOnce) {
  EXPECT_EQ(failure_text("no money"), "no money FAILURE");
  EXPECT_EQ(failure_text("no money FAILURE"), "no money FAILURE");
  EXPECT_EQ(failure_text(failure_text(failure_text("no money"))), "no money FAILURE");
  EXPECT_EQ(failure_text(""), " FAILURE");
  EXPECT_EQ(failure_text(" FAILURE"), " FAILURE");
}

// Reasons are printed in JSON, which must be UTF-8: a character is kept whole or not at all.
TEST(CutText, NeverCutsACharacterInHalf) {
  EXPECT_EQ(cut_text("abc", 3), "abc");
  EXPECT_EQ(cut_text("abcd", 3), "abc");
  EXPECT_EQ(cut_text("ab\xc3\xa4", 4), "ab\xc3\xa4");
  EXPECT_EQ(cut_text("ab\xc3\xa4", 3), "ab");
  EXPECT_EQ(cut_text("\xe2\x82\xac\xe2\x82\xac", 5), "\xe2\x82\xac");
  EXPECT_EQ(cut_text("\xf0\x9f\x98\x80", 3), "");
  EXPECT_EQ(cut_text("abc", 0), "");
}

// Bytes that are no text at all must not be read past their ends.
TEST(CutText, EndsOnBytesThatAreNoText) {
  EXPECT_EQ(cut_text(std::string(10, '\x80'), 5), "");
  EXPECT_EQ(cut_text(std::string(10, '\xff'), 5), std::string(5, '\xff'));
}

// The spelling is the protocol's: clients match it.
TEST(Refusals, HaveTheProtocolsTexts) {
  EXPECT_EQ(refuse_submit(txn_status::succeed).message, "current status 'succeed', cannot sumbmit. FAILURE");
  EXPECT_EQ(refuse_prepare(txn_status::aborting).message, "current status 'aborting', cannot prepare. FAILURE");
  EXPECT_EQ(refuse_abort(trans_type::saga, txn_status::succeed).message,
            "trans type: 'saga' current status 'succeed', cannot abort. FAILURE");
  EXPECT_EQ(no_such_transaction(gid{"nonex"}).message, "no TransGlobal with gid: nonex found");
  EXPECT_EQ(no_such_transaction(gid{"nonex"}).kind, answer_kind::internal);
}

// An answer that is not definite leaves a trace that an operator can read, of bounded size.
TEST(ScheduleRetry, NotesWhatWasSaidAndWhenTheNextCallIsDue) {
  kit::machine saga = kit::submitted_saga({"debit"});
  saga.answer("debit", branch_op::action, call_outcome::unknown, std::string(10'000, 'x'));
  EXPECT_EQ(saga.progress().last_error, std::string(last_error_bytes_max, 'x'));
  EXPECT_EQ(saga.progress().next_cron_time, saga.now() + std::chrono::seconds{10});
  EXPECT_EQ(saga.progress().next_cron_interval, std::chrono::seconds{10});
}

// A participant's answer of megabytes must not end up in every later write.
TEST(BeginAbort, CutsAnOverlongReason) {
  kit::machine saga = kit::submitted_saga({"debit"});
  saga.answer("debit", branch_op::action, call_outcome::failure, std::string(100'000, 'x'));
  EXPECT_EQ(saga.progress().rollback_reason.size(), rollback_reason_bytes_max);
}

}  // namespace
}  // namespace treaty
