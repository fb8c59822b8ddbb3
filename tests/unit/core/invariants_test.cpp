#include "core/invariants.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  EXPECT_THAT(violations(short_of_legs), ElementsAre("a saga without two legs for each step"));

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

}  // namespace
}  // namespace treaty
