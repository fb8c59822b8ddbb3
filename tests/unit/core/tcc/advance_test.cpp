#include "core/tcc/advance.hpp"

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
  return kit::with_branches(trans_type::tcc, {"01", "02", "03"});
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

// The last registered first: what rests on an earlier branch is brought to its end before it.
TEST(TccOrder, OfAConfirm) {
  mode_machine txn = three_branches();
  txn.submit();
  EXPECT_THAT(walk(txn), ElementsAre("03 confirm", "02 confirm", "01 confirm"));
  EXPECT_EQ(txn.status(), txn_status::succeed);
  EXPECT_EQ(txn.legs(), "[P,S,P,S,P,S]");
}

TEST(TccOrder, OfACancel) {
  mode_machine txn = three_branches();
  txn.abort();
  EXPECT_THAT(walk(txn), ElementsAre("03 cancel", "02 cancel", "01 cancel"));
  EXPECT_EQ(txn.status(), txn_status::failed);
  EXPECT_EQ(txn.legs(), "[S,P,S,P,S,P]");
}

// One that does not succeed holds up those after it, and nothing is called twice for it.
TEST(TccOrder, HoldsBackWhatComesAfter) {
  mode_machine txn = three_branches();
  txn.submit();
  txn.take_calls();
  txn.answer("03 confirm", call_outcome::success);
  txn.take_calls();
  txn.answer("02 confirm", call_outcome::failure);
  EXPECT_THAT(txn.take_calls(), IsEmpty());
  txn.crash();
  EXPECT_THAT(txn.take_calls(), IsEmpty()) << "its time has not come";
  ASSERT_TRUE(txn.fire_next_timer());
  EXPECT_THAT(walk(txn), ElementsAre("02 confirm", "01 confirm"));
}

// An empty URL in the middle is passed over.
TEST(TccOrder, PassesOverEmptyUrls) {
  mode_machine txn = kit::with_branches(trans_type::tcc, {"01"});
  txn.register_branch({.id = "02", .without = {branch_op::confirm, branch_op::cancel}});
  txn.register_branch({.id = "03"});
  mode_machine undone = txn;
  txn.submit();
  EXPECT_THAT(walk(txn), ElementsAre("03 confirm", "01 confirm"));
  undone.abort();
  EXPECT_THAT(walk(undone), ElementsAre("03 cancel", "01 cancel"));
}

// Cancel and confirm share the payload that the client registered.
TEST(TccRows, CarryThePayloadOfTheRegistration) {
  const mode_machine txn = kit::with_branches(trans_type::tcc, {"01"});
  for (const std::size_t index : {std::size_t{0}, std::size_t{1}}) {
    EXPECT_EQ(view_leg(txn.state().record, index).payload, "{\"amount\":30}");
  }
  EXPECT_EQ(view_leg(txn.state().record, 0).op, branch_op::cancel);
  EXPECT_EQ(view_leg(txn.state().record, 1).op, branch_op::confirm);
}

}  // namespace
}  // namespace treaty
