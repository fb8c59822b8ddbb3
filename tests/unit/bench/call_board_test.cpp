#include "bench/load/call_board.hpp"

#include <gtest/gtest.h>

#include "bench/load/kinds/kind.hpp"

namespace treaty::load {
namespace {

/// One slot whose transaction is under way.
class board_of {
public:
  board_of(mode kind, const transaction_form& form) : board_{1, {kind_of(kind).rules(form)}} { open(); }

  void open() {
    gid_.assign(call_board::gid_size, ' ');
    board_.open(0, 0, gid_.data());
  }
  /// True when that was the transaction's last call.
  bool call(std::string_view op, std::size_t branch) {
    return board_.note({.path = "/ok", .gid = gid_, .op = op, .branch = branch}, 1, faults).has_value();
  }

  call_faults faults;

private:
  call_board board_;
  std::string gid_;
};

transaction_form two_branches(outcome how = outcome::commit, branch_order order = branch_order::serial) {
  transaction_form form;
  form.branches = 2;
  form.outcome = how;
  form.order = order;
  return form;
}

TEST(CallBoard, CompletesATccWhenBothAreTriedAndThenConfirmedLastFirst) {
  board_of board{mode::tcc, two_branches()};
  EXPECT_FALSE(board.call("try", 0));
  EXPECT_FALSE(board.call("try", 1));
  EXPECT_FALSE(board.call("confirm", 1));
  EXPECT_TRUE(board.call("confirm", 0));
  EXPECT_TRUE(board.faults.none());
}

TEST(CallBoard, CompletesARolledBackSagaWithItsFirstCompensation) {
  board_of board{mode::saga, two_branches(outcome::rollback)};
  EXPECT_FALSE(board.call("action", 0));
  EXPECT_FALSE(board.call("action", 1));
  EXPECT_FALSE(board.call("compensate", 1));
  EXPECT_TRUE(board.call("compensate", 0));
  EXPECT_TRUE(board.faults.none());
}

TEST(CallBoard, TakesTheActionsOfAConcurrentSagaInAnyOrder) {
  board_of board{mode::saga, two_branches(outcome::commit, branch_order::concurrent)};
  EXPECT_FALSE(board.call("action", 1));
  EXPECT_TRUE(board.call("action", 0));
  EXPECT_TRUE(board.faults.none());
}

TEST(CallBoard, CountsACallThatIsMadeTwice) {
  board_of board{mode::message, two_branches()};
  board.call("action", 0);
  board.call("action", 0);
  EXPECT_EQ(board.faults.duplicates, 1u);
}

TEST(CallBoard, CountsAConfirmThatComesBeforeATry) {
  board_of board{mode::tcc, two_branches()};
  board.call("try", 0);
  board.call("confirm", 1);
  EXPECT_EQ(board.faults.out_of_order, 1u);
}

TEST(CallBoard, CountsACompensationBeforeItsActionAlsoInAConcurrentSaga) {
  board_of board{mode::saga, two_branches(outcome::rollback, branch_order::concurrent)};
  board.call("action", 0);
  board.call("compensate", 1);
  EXPECT_EQ(board.faults.out_of_order, 1u);
}

TEST(CallBoard, CountsWhatNobodyAskedFor) {
  board_of board{mode::tcc, two_branches()};
  board.call("cancel", 0);  // it is submitted, not aborted
  board.call("try", 2);     // it has two branches
  board.call("confirm", 99);
  EXPECT_EQ(board.faults.unexpected, 3u);
}

TEST(CallBoard, CountsACallOfATransactionWhoseSlotWentOn) {
  call_board board{1, {kind_of(mode::saga).rules(two_branches())}};
  call_faults faults;
  std::string gid(call_board::gid_size, ' ');
  board.open(0, 0, gid.data());
  std::string later = gid;
  board.open(0, 0, later.data());
  EXPECT_FALSE(board.note({.path = "/ok", .gid = gid, .op = "action", .branch = 0}, 1, faults));
  EXPECT_EQ(faults.unexpected, 1u);
}

}  // namespace
}  // namespace treaty::load
