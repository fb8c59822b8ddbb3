#include "core/invariants.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kit/mode_kit.hpp"
#include "tests/kit/saga_kit.hpp"

namespace treaty {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

txn_record finished_record() {
  return kit::answer_all(kit::submitted_state(2), call_outcome::success).record;
}

// The checks are worth something only when a sound record passes them ...
TEST(Violations, AreNoneInASoundRecord) {
  EXPECT_THAT(violations(kit::submitted_state(2).record), IsEmpty());
  EXPECT_THAT(violations(finished_record()), IsEmpty());
}

// ... and each broken one is caught.
TEST(Violations, NameWhatIsBrokenInARecord) {
  EXPECT_THAT(violations(txn_record{}), ElementsAre("a record without a definition"));

  txn_record half_done = finished_record();
  half_done.progress.legs[1].status = leg_status::prepared;
  EXPECT_THAT(violations(half_done), ElementsAre("the saga succeeded although an action did not"));

  txn_record undone = finished_record();
  undone.progress.legs[0].status = leg_status::succeed;
  undone.progress.legs[0].finish_time = kit::start_time;
  EXPECT_THAT(violations(undone), ElementsAre("the saga succeeded although a step was undone"));

  txn_record refusing = kit::submitted_state(1).record;
  refusing.progress.legs[0].status = leg_status::failed;
  EXPECT_THAT(violations(refusing), ElementsAre("a compensation is marked failed", "a settled leg without a time"));

  txn_record short_of_legs = finished_record();
  short_of_legs.progress.legs.pop_back();
  EXPECT_THAT(violations(short_of_legs), ElementsAre("legs that do not fit the steps or branches"));

  txn_record timeless = finished_record();
  timeless.progress.finish_time = {};
  EXPECT_THAT(violations(timeless), ElementsAre("succeed without a time"));

  timeless.progress.status = txn_status::failed;
  EXPECT_THAT(violations(timeless), ElementsAre("failed without a time"));
}

struct pair_of_records {
  txn_record before = kit::submitted_state(1).record;
  txn_record after = before;

  explicit pair_of_records(txn_status from, txn_status to) {
    before.progress.status = from;
    after.progress.status = to;
    after.progress.revision = before.progress.revision + 1;
  }
  std::vector<std::string> violations() const { return violations_between(before, after); }
};

// What was once durable binds every later write.
TEST(ViolationsBetween, NameWhatMayNotBeTakenBack) {
  EXPECT_THAT(pair_of_records(txn_status::submitted, txn_status::aborting).violations(), IsEmpty());
  EXPECT_THAT(pair_of_records(txn_status::submitted, txn_status::succeed).violations(), IsEmpty());
  EXPECT_THAT(pair_of_records(txn_status::succeed, txn_status::failed).violations(),
              ElementsAre("a final status changed"));
  EXPECT_THAT(pair_of_records(txn_status::aborting, txn_status::succeed).violations(),
              ElementsAre("an abort was taken back"));
  EXPECT_THAT(pair_of_records(txn_status::submitted, txn_status::prepared).violations(), ElementsAre("prepared again"));

  pair_of_records same_revision{txn_status::submitted, txn_status::submitted};
  same_revision.after.progress.revision = same_revision.before.progress.revision;
  EXPECT_THAT(same_revision.violations(), ElementsAre("the revision did not grow"));

  pair_of_records forgetful{txn_status::submitted, txn_status::submitted};
  forgetful.before.progress.legs[1].status = leg_status::succeed;
  EXPECT_THAT(forgetful.violations(), ElementsAre("a settled leg changed"));
}

txn_record finished_tcc(bool forward) {
  kit::mode_machine txn = kit::with_branches(trans_type::tcc, {"01", "02"});
  forward ? txn.submit() : txn.abort();
  for (auto calls = txn.take_calls(); !calls.empty(); calls = txn.take_calls()) {
    txn.answer(calls.front(), call_outcome::success);
  }
  return txn.state().record;
}

void mark(txn_record& record, std::size_t leg_index, leg_status status) {
  record.progress.legs[leg_index].status = status;
  record.progress.legs[leg_index].finish_time = kit::start_time;
}

// Rows 0 and 2 are cancels, 1 and 3 confirms.
TEST(Violations, NameATccThatWentBothWays) {
  EXPECT_THAT(violations(finished_tcc(true)), IsEmpty());
  EXPECT_THAT(violations(finished_tcc(false)), IsEmpty());

  txn_record cancelled = finished_tcc(true);
  mark(cancelled, 0, leg_status::succeed);
  EXPECT_THAT(violations(cancelled),
              ElementsAre("both a confirm and a cancel succeeded", "a cancel succeeded without the decision"));

  txn_record confirmed = finished_tcc(false);
  mark(confirmed, 1, leg_status::succeed);
  EXPECT_THAT(violations(confirmed), ElementsAre("both a confirm and a cancel succeeded"));

  txn_record skipped = finished_tcc(true);
  mark(skipped, 1, leg_status::prepared);
  EXPECT_THAT(violations(skipped), ElementsAre("it succeeded although a confirm did not"));

  txn_record early = kit::with_branches(trans_type::tcc, {"01"}).state().record;
  mark(early, 1, leg_status::succeed);
  EXPECT_THAT(violations(early), ElementsAre("a confirm succeeded without the decision"));

  txn_record refused = finished_tcc(true);
  mark(refused, 0, leg_status::failed);
  EXPECT_THAT(violations(refused), ElementsAre("a confirm or cancel is marked failed"));

  txn_record unwatched = kit::with_branches(trans_type::xa, {"01"}).state().record;
  unwatched.progress.watch.due = {};
  EXPECT_THAT(violations(unwatched), ElementsAre("prepared, and nobody watches"));

  txn_record lost = finished_tcc(true);
  lost.branches.pop_back();
  EXPECT_THAT(violations(lost), ElementsAre("legs that do not fit the steps or branches"));
}

TEST(Violations, NameAMessageThatWasNotSent) {
  kit::mode_machine message{{.type = trans_type::msg, .steps = {"a", "b"}}};
  message.prepare();
  txn_record early = message.state().record;
  EXPECT_THAT(violations(early), IsEmpty());
  mark(early, 0, leg_status::succeed);
  EXPECT_THAT(violations(early), ElementsAre("an action succeeded before the message was submitted"));

  message.submit();
  message.answer("01 action", call_outcome::success);
  message.answer("02 action", call_outcome::success);
  txn_record short_of_one = message.state().record;
  EXPECT_THAT(violations(short_of_one), IsEmpty());
  mark(short_of_one, 1, leg_status::prepared);
  EXPECT_THAT(violations(short_of_one), ElementsAre("the message succeeded although an action did not"));
}

TEST(ViolationsBetween, NameASubmitThatWasTakenBack) {
  kit::mode_machine txn = kit::with_branches(trans_type::tcc, {"01"});
  const txn_record before = txn.state().record;
  txn.submit();
  txn_record after = txn.state().record;
  after.progress.revision = 1;
  EXPECT_THAT(violations_between(before, after), IsEmpty());
  txn_record turned = after;
  turned.progress.revision = 2;
  turned.progress.status = txn_status::aborting;
  EXPECT_THAT(violations_between(after, turned), ElementsAre("a submit was taken back"));
  txn_record late = after;
  late.progress.revision = 2;
  late.progress.legs.emplace_back();
  EXPECT_THAT(violations_between(after, late), ElementsAre("a branch was registered after the decision"));
  late.progress.legs.clear();
  EXPECT_THAT(violations_between(after, late), ElementsAre("legs were lost"));
}

}  // namespace
}  // namespace treaty
