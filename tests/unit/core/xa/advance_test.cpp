#include "core/xa/advance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/kit/mode_kit.hpp"

// The order in which branches are brought to their end. The rest is in two_phase_test.cpp.
namespace treaty {
namespace {

using kit::mode_machine;
using testing::ElementsAre;
using testing::IsEmpty;

mode_machine three_branches() {
  return kit::with_branches(trans_type::xa, {"01", "02", "03"});
}

/// Answers each call with success; what was called, in order.
std::vector<std::string> walk(mode_machine& txn) {
  std::vector<std::string> walked;
  for (auto calls = txn.take_calls(); !calls.empty(); calls = txn.take_calls()) {
    EXPECT_EQ(calls.size(), 1u) << "one at a time";
    walked.push_back(calls.front());
    txn.answer(calls.front(), call_outcome::success);
  }
  return walked;
}

// The first registered first.
TEST(XaOrder, OfACommit) {
  mode_machine txn = three_branches();
  txn.submit();
  EXPECT_THAT(walk(txn), ElementsAre("01 commit", "02 commit", "03 commit"));
  EXPECT_EQ(txn.status(), txn_status::succeed);
  EXPECT_EQ(txn.legs(), "[P,S,P,S,P,S]");
}

TEST(XaOrder, OfARollback) {
  mode_machine txn = three_branches();
  txn.abort();
  EXPECT_THAT(walk(txn), ElementsAre("01 rollback", "02 rollback", "03 rollback"));
  EXPECT_EQ(txn.status(), txn_status::failed);
  EXPECT_EQ(txn.legs(), "[S,P,S,P,S,P]");
}

// One that does not succeed holds up those after it, and nothing is called twice for it.
TEST(XaOrder, HoldsBackWhatComesAfter) {
  mode_machine txn = three_branches();
  txn.submit();
  txn.take_calls();
  txn.answer("01 commit", call_outcome::success);
  txn.take_calls();
  txn.answer("02 commit", call_outcome::failure);
  EXPECT_THAT(txn.take_calls(), IsEmpty());
  txn.crash();
  EXPECT_THAT(txn.take_calls(), IsEmpty()) << "its time has not come";
  ASSERT_TRUE(txn.fire_next_timer());
  EXPECT_THAT(walk(txn), ElementsAre("02 commit", "03 commit"));
}

// An empty URL in the middle is passed over.
TEST(XaOrder, PassesOverEmptyUrls) {
  mode_machine txn = kit::with_branches(trans_type::xa, {"01"});
  txn.register_branch({.id = "02", .without = {branch_op::commit, branch_op::rollback}});
  txn.register_branch({.id = "03"});
  mode_machine undone = txn;
  txn.submit();
  EXPECT_THAT(walk(txn), ElementsAre("01 commit", "03 commit"));
  undone.abort();
  EXPECT_THAT(walk(undone), ElementsAre("01 rollback", "03 rollback"));
}

// Rollback and commit go to one place, without a payload.
TEST(XaRows, StandInTheProtocolsOrder) {
  const mode_machine txn = kit::with_branches(trans_type::xa, {"01"});
  EXPECT_EQ(view_leg(txn.state().record, 0).op, branch_op::rollback);
  EXPECT_EQ(view_leg(txn.state().record, 1).op, branch_op::commit);
  EXPECT_EQ(view_leg(txn.state().record, 1).payload, "");
}

}  // namespace
}  // namespace treaty
