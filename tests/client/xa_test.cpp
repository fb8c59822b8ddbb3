#include "treaty/client/xa.hpp"

#include <map>
#include <memory>
#include <sstream>

#include "tests/client/bank.hpp"
#include "tests/client/modes_fixture.hpp"

namespace treaty::client::test {
namespace {

class Xa : public testing::TestWithParam<std::tuple<door, kit::database_kind>> {
protected:
  static void SetUpTestSuite() { shared = std::make_unique<world>("RetryInterval: 1\n"); }
  static void TearDownTestSuite() {
    shared.reset();
    banks.clear();
  }

  Xa() {
    auto& slot = banks[std::get<1>(GetParam())];
    if (slot == nullptr) slot = std::make_unique<bank>(std::get<1>(GetParam()));
    money = slot.get();
    shared->on("Move", [this](const branch_context& context, const std::string& payload) -> result<std::string> {
      const auto moved = move(context, payload);
      if (!moved) return moved.error();
      return std::string{};
    });
  }

  result<void> move(const branch_context& context, const std::string& payload) {
    return serve_xa(
        context, where, [this] { return money->connect(); },
        [&](sql_session& session) {
          int account = 0;
          int amount = 0;
          std::istringstream{payload} >> account >> amount;
          return bank::add(session, account, amount);
        });
  }
  result<void> transfer(const std::string& gid, int amount) {
    return run_xa(where, gid, [&](xa& transaction) -> result<void> {
      for (const auto& [account, by] : {std::pair{to, amount}, std::pair{from, -amount}}) {
        const auto moved = transaction.call(url, std::to_string(account) + " " + std::to_string(by));
        if (!moved) return moved.error();
      }
      return {};
    });
  }

  const door at = std::get<0>(GetParam());
  bank* money = nullptr;
  coordinator where = shared->connect(at);
  std::string url = shared->url(at, "Move");
  int from = 0;
  int to = 0;

  void SetUp() override {
    from = money->open(100);
    to = money->open(0);
  }

  static inline std::unique_ptr<world> shared;
  static inline std::map<kit::database_kind, std::unique_ptr<bank>> banks;
};

INSTANTIATE_TEST_SUITE_P(OverBothProtocols, Xa,
                         testing::Combine(both_doors,
                                          testing::Values(kit::database_kind::mariadb, kit::database_kind::postgresql)),
                         [](const auto& tested) {
                           const bool is_mariadb = std::get<1>(tested.param) == kit::database_kind::mariadb;
                           return name_of(std::get<0>(tested.param)) + (is_mariadb ? "MariaDb" : "PostgreSql");
                         });

TEST_P(Xa, CommitsAllBranchesTogether) {
  const auto gid = *where.new_gid();
  const auto done = transfer(gid, 30);
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_TRUE(shared->ends(gid, "succeed"));
  EXPECT_EQ(shared->story_of(gid), "action 01, action 02, commit 01, commit 02");
  EXPECT_EQ(money->balance(from), 70);
  EXPECT_EQ(money->balance(to), 30);
}

TEST_P(Xa, RollsAllBranchesBackWhenOneRefuses) {
  const auto gid = *where.new_gid();
  const auto done = transfer(gid, 130);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, errc::refused);
  EXPECT_TRUE(shared->ends(gid, "failed"));
  EXPECT_EQ(money->balance(from), 100);
  EXPECT_EQ(money->balance(to), 0);
}

// The action went astray and comes after its branch was rolled back: it must not stay prepared, and lock, for ever.
TEST_P(Xa, KeepsAnActionOutThatComesAfterItsRollback) {
  const std::string gid = "late" + std::to_string(to);
  EXPECT_TRUE(move({gid, "xa", "01", "rollback"}, ""));
  const auto late = move({gid, "xa", "01", "action", "", url}, std::to_string(to) + " 5");
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, errc::refused) << late.error().detail;
  EXPECT_EQ(money->rows_of(gid), "action/01/rollback");
}

TEST_P(Xa, EndsWhatWasEndedBeforeWithoutComplaint) {
  const std::string gid = "ended" + std::to_string(to);
  EXPECT_TRUE(move({gid, "xa", "01", "commit"}, ""));
  EXPECT_TRUE(move({gid, "xa", "01", "rollback"}, ""));
}

TEST_P(Xa, TakesNoIdThatWouldBreakTheStatement) {
  EXPECT_EQ(move({"a'b", "xa", "01", "commit"}, "").error().code, errc::invalid_argument);
}

}  // namespace
}  // namespace treaty::client::test
