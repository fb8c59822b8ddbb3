#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "tests/client/bank.hpp"
#include "treaty/client/redis.hpp"

namespace treaty::client::test {
namespace {

/// What the published Go client's barrier says to one call; see tests/wire/go/barrier_call.
std::string go_barrier(const std::string& arguments) {
  const char* const program = std::getenv("GO_BARRIER");
  if (program == nullptr) return "set GO_BARRIER: run_go_barrier.sh does";
  const std::unique_ptr<FILE, int (*)(FILE*)> output{::popen((std::string{program} + " " + arguments).c_str(), "r"),
                                                     ::pclose};
  std::array<char, 1000> text{};
  const std::string said{text.data(), std::fread(text.data(), 1, text.size(), output.get())};
  return said.substr(0, said.find('\n'));
}

class GoBarrier : public testing::TestWithParam<kit::database_kind> {
protected:
  /// The Go client's turn on an account: "ran" or "skipped".
  std::string go(const std::string& op, int amount) {
    const std::string kind = GetParam() == kit::database_kind::mariadb ? "mysql " : "postgres ";
    return go_barrier(kind + std::to_string(money.port()) + " g1 tcc 01 " + op + " " + std::to_string(account) + " " +
                      std::to_string(amount));
  }
  /// Ours.
  std::string cpp(const std::string& op, int amount) {
    const auto session = money.connect();
    barrier guard{{"g1", "tcc", "01", op}};
    bool ran = false;
    const auto called = guard.call(*session, [&] {
      ran = true;
      return bank::add(*session, account, amount);
    });
    return !called ? called.error().detail : ran ? "ran" : "skipped";
  }

  bank money{GetParam()};
  int account = money.open(100);
};
INSTANTIATE_TEST_SUITE_P(OfEachDatabase, GoBarrier,
                         testing::Values(kit::database_kind::mariadb, kit::database_kind::postgresql),
                         [](const auto& tested) {
                           return tested.param == kit::database_kind::mariadb ? "MariaDb" : "PostgreSql";
                         });

// A service may be rewritten while transactions are under way: whoever comes second knows what the first one did.
TEST_P(GoBarrier, UnderstandsWhatOursHasDone) {
  EXPECT_EQ(cpp("try", -30), "ran");
  EXPECT_EQ(go("try", -30), "skipped");
  EXPECT_EQ(go("cancel", 30), "ran");
  EXPECT_EQ(cpp("cancel", 30), "skipped");
  EXPECT_EQ(money.balance(account), 100);
}

TEST_P(GoBarrier, IsUnderstoodByOurs) {
  EXPECT_EQ(go("try", -30), "ran");
  EXPECT_EQ(cpp("try", -30), "skipped");
  EXPECT_EQ(cpp("cancel", 30), "ran");
  EXPECT_EQ(go("cancel", 30), "skipped");
  EXPECT_EQ(money.balance(account), 100);
}

TEST_P(GoBarrier, KeepsOutWhatComesAfterOurEmptyCancel) {
  EXPECT_EQ(cpp("cancel", 30), "skipped");
  EXPECT_EQ(go("try", -30), "skipped");
  EXPECT_EQ(money.rows_of("g1"), "cancel/01/cancel, try/01/cancel");
}

TEST_P(GoBarrier, HasItsEmptyCancelHonouredByOurs) {
  EXPECT_EQ(go("cancel", 30), "skipped");
  EXPECT_EQ(cpp("try", -30), "skipped");
  EXPECT_EQ(money.rows_of("g1"), "cancel/01/cancel, try/01/cancel");
}

class GoRedisBarrier : public testing::Test {
protected:
  std::string go(const std::string& op, int amount) {
    return go_barrier("redis " + std::to_string(server.port()) + " g1 tcc 01 " + op + " account " +
                      std::to_string(amount));
  }
  void cpp(const std::string& op, int amount) {
    barrier guard{{"g1", "tcc", "01", op}};
    EXPECT_TRUE(add_behind_barrier(guard, connection.get(), "account", amount));
  }
  /// Runs a command of Redis and gives its text.
  std::string ask(const char* command) {
    auto* const reply = static_cast<redisReply*>(redisCommand(connection.get(), command));
    std::string text{reply->str};
    freeReplyObject(reply);
    return text;
  }

  kit::database_process server{kit::database_kind::redis};
  std::unique_ptr<redisContext, void (*)(redisContext*)> connection{redisConnect("127.0.0.1", server.port()),
                                                                    redisFree};
};

TEST_F(GoRedisBarrier, SharesItsKeysWithOurs) {
  ask("SET account 100");
  cpp("try", -30);
  EXPECT_EQ(go("try", -30), "ran");  // without effect
  EXPECT_EQ(ask("GET account"), "70");
  EXPECT_EQ(go("cancel", 30), "ran");
  cpp("cancel", 30);
  EXPECT_EQ(ask("GET account"), "100");
}

TEST_F(GoRedisBarrier, KeepsOutWhatComesAfterAnEmptyCancelOfTheOther) {
  ask("SET account 100");
  cpp("cancel", 30);
  EXPECT_EQ(go("try", -30), "ran");  // without effect
  EXPECT_EQ(ask("GET account"), "100");
  EXPECT_EQ(ask("GET g1-01-try-01"), "rollback");
}

}  // namespace
}  // namespace treaty::client::test
