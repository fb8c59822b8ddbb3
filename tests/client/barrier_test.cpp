#include "treaty/client/barrier.hpp"

#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "tests/client/bank.hpp"
#include "tests/client/world.hpp"
#include "treaty/client/saga.hpp"

namespace treaty::client::test {
namespace {

class SqlBarrier : public testing::TestWithParam<kit::database_kind> {
protected:
  static void TearDownTestSuite() { banks.clear(); }
  SqlBarrier() {
    auto& slot = banks[GetParam()];
    if (slot == nullptr) slot = std::make_unique<bank>(GetParam());
    money = slot.get();
  }
  result<void> serve(const std::string& op, int account, int amount, const std::string& trans_type = "saga") {
    return money->serve({gid, trans_type, "01", op}, std::to_string(account) + " " + std::to_string(amount));
  }

  bank* money = nullptr;
  const std::string gid = testing::UnitTest::GetInstance()->current_test_info()->name();

  static inline std::map<kit::database_kind, std::unique_ptr<bank>> banks;
};

INSTANTIATE_TEST_SUITE_P(OfEachDatabase, SqlBarrier,
                         testing::Values(kit::database_kind::mariadb, kit::database_kind::postgresql),
                         [](const auto& tested) {
                           return tested.param == kit::database_kind::mariadb ? "MariaDb" : "PostgreSql";
                         });

TEST_P(SqlBarrier, LetsABusinessHappenOnce) {
  const int account = money->open(100);
  EXPECT_TRUE(serve("action", account, 30));
  EXPECT_TRUE(serve("action", account, 30));
  EXPECT_EQ(money->balance(account), 130);
  EXPECT_EQ(money->rows_of(gid), "action/01/action");
}

// What was refused left nothing behind, so the same call may be made again when there is money.
TEST_P(SqlBarrier, RollsBackWhatTheBusinessRefuses) {
  const int account = money->open(10);
  const auto refused_call = serve("action", account, -30);
  ASSERT_FALSE(refused_call);
  EXPECT_EQ(refused_call.error().code, errc::refused);
  EXPECT_EQ(money->rows_of(gid), "");
  EXPECT_TRUE(serve("action", account, -10));
  EXPECT_EQ(money->balance(account), 0);
}

TEST_P(SqlBarrier, RollsBackWhenTheBusinessThrows) {
  const int account = money->open(10);
  const auto session = money->connect();
  barrier guard{{gid, "saga", "01", "action"}};
  EXPECT_THROW(static_cast<void>(guard.call(*session,
                                            [&]() -> result<void> {
                                              EXPECT_TRUE(bank::add(*session, account, 5));
                                              throw std::runtime_error{"a bug"};
                                            })),
               std::runtime_error);
  EXPECT_EQ(money->balance(account), 10);
  EXPECT_TRUE(serve("action", account, 7)) << "the session can be used again";
}

// A database may have rolled back by itself. Then success would be a lie.
TEST_P(SqlBarrier, DoesNotTakeATransactionForDoneThatTheDatabaseGaveUp) {
  const int account = money->open(10);
  const auto session = money->connect();
  barrier guard{{gid, "saga", "01", "action"}};
  const auto called = guard.call(*session, [&]() -> result<void> {
    EXPECT_TRUE(bank::add(*session, account, 5));
    EXPECT_FALSE(session->execute("update bank.nowhere set x = 1"));  // and the business takes no notice
    return {};
  });
  // MariaDB undoes the statement alone, PostgreSQL the whole.
  EXPECT_EQ(money->balance(account), called ? 15 : 10);
  EXPECT_EQ(money->rows_of(gid), called ? "action/01/action" : "");
}

TEST_P(SqlBarrier, UndoesWhatHappenedAndOnlyOnce) {
  const int account = money->open(100);
  EXPECT_TRUE(serve("action", account, 30));
  EXPECT_TRUE(serve("compensate", account, 30));
  EXPECT_TRUE(serve("compensate", account, 30));
  EXPECT_EQ(money->balance(account), 100);
  EXPECT_EQ(money->rows_of(gid), "action/01/action, compensate/01/compensate");
}

// The action went astray: there is nothing to undo, and its place is taken so that it finds none when it comes late.
TEST_P(SqlBarrier, UndoesNothingThatDidNotHappenAndLetsItNotHappenLater) {
  const int account = money->open(100);
  EXPECT_TRUE(serve("compensate", account, 30));
  EXPECT_EQ(money->balance(account), 100);
  EXPECT_EQ(money->rows_of(gid), "action/01/compensate, compensate/01/compensate");
  EXPECT_TRUE(serve("action", account, 30));
  EXPECT_EQ(money->balance(account), 100);
}

TEST_P(SqlBarrier, KnowsThatACancelUndoesATryAndARollbackAnAction) {
  const int account = money->open(100);
  EXPECT_TRUE(serve("cancel", account, 30, "tcc"));
  EXPECT_EQ(money->rows_of(gid), "cancel/01/cancel, try/01/cancel");
  EXPECT_TRUE(serve("try", account, 30, "tcc"));
  EXPECT_EQ(money->balance(account), 100);
}

// The compensation comes while the action still works: it waits for its end and then undoes it.
TEST_P(SqlBarrier, LetsACompensationThatCrossesTheActionWaitForIt) {
  const int account = money->open(100);
  std::latch inside{1};
  std::jthread compensation{[&] {
    inside.wait();
    EXPECT_TRUE(serve("compensate", account, 30));
  }};
  const auto session = money->connect();
  barrier guard{{gid, "saga", "01", "action"}};
  EXPECT_TRUE(guard.call(*session, [&] {
    inside.count_down();
    return bank::add(*session, account, 30);
  }));
  compensation.join();
  EXPECT_EQ(money->balance(account), 100);
}

TEST_P(SqlBarrier, TellsTwoPiecesOfBusinessInOneCallApart) {
  const int account = money->open(100);
  for (int repetition = 0; repetition < 2; ++repetition) {
    const auto session = money->connect();
    barrier guard{{gid, "saga", "01", "action"}};
    for (int piece = 0; piece < 2; ++piece) {
      EXPECT_TRUE(guard.call(*session, [&] { return bank::add(*session, account, 10); }));
    }
  }
  EXPECT_EQ(money->balance(account), 120);
  EXPECT_EQ(money->rows_of(gid), "action/01/action, action/02/action");
}

TEST_P(SqlBarrier, DoesTheBusinessOfAMessageOnce) {
  const int account = money->open(100);
  const auto send = [&] {
    const auto session = money->connect();
    barrier guard{{gid, "msg", "00", "msg"}};
    return guard.call(*session, [&] { return bank::add(*session, account, -30); });
  };
  EXPECT_TRUE(send());
  const auto again = send();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::duplicated);
  EXPECT_EQ(money->balance(account), 70);
  EXPECT_EQ(money->rows_of(gid), "msg/01/msg");
  EXPECT_TRUE(serve("msg", account, 0, "msg")) << "it was committed";
}

// Who was asked and said no must not say yes afterwards.
TEST_P(SqlBarrier, ShutsAMessageOutOnceItSaidThatItWasNotCommitted) {
  const int account = money->open(100);
  const auto asked = serve("msg", account, 0, "msg");
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().code, errc::refused);
  EXPECT_EQ(money->rows_of(gid), "msg/01/rollback");
  const auto session = money->connect();
  barrier late{{gid, "msg", "00", "msg"}};
  const auto sent = late.call(*session, [&] { return bank::add(*session, account, -30); });
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, errc::duplicated);
  EXPECT_EQ(money->balance(account), 100);
}

// The question comes while the sender's transaction is open: the answer waits for its end.
TEST_P(SqlBarrier, AnswersTheQuestionOnlyWhenTheSenderHasEnded) {
  const int account = money->open(100);
  std::latch inside{1};
  std::jthread question{[&] {
    inside.wait();
    EXPECT_TRUE(serve("msg", account, 0, "msg"));
  }};
  const auto session = money->connect();
  barrier guard{{gid, "msg", "00", "msg"}};
  EXPECT_TRUE(guard.call(*session, [&] {
    inside.count_down();
    return bank::add(*session, account, -30);
  }));
  question.join();
  EXPECT_EQ(money->balance(account), 70);
}

TEST_P(SqlBarrier, SaysThatNothingIsKnownWhenTheDatabaseBreaks) {
  const auto session = money->connect();
  barrier guard{{gid, "saga", "01", "action"}};
  guard.use_table("dtm_barrier.nowhere");
  const auto called = guard.call(*session, [] { return result<void>{}; });
  ASSERT_FALSE(called);
  EXPECT_EQ(called.error().code, errc::unknown);
  EXPECT_NE(called.error().detail.find("nowhere"), std::string::npos) << called.error().detail;
}

// The whole way: real money moves, calls are repeated, and the sum stays.
TEST_P(SqlBarrier, KeepsTheMoneyRightWhenASagaIsUndone) {
  world here{"RetryInterval: 1\n"};
  here.on("Move", [&](const branch_context& context, const std::string& payload) -> result<std::string> {
    const auto moved = money->serve(context, payload);
    if (!moved) return moved.error();
    return std::string{};
  });
  for (const door at : {door::http, door::grpc}) {
    const int from = money->open(100);
    const int to = money->open(0);
    const auto where = here.connect(at);
    const auto transfer = [&](int amount) {
      saga order{where, *where.new_gid(), {.wait_result = true}};
      const std::string url = here.url(at, "Move");
      order.add(url, url, std::to_string(to) + " " + std::to_string(amount));
      order.add(url, url, std::to_string(from) + " " + std::to_string(-amount));
      return order.submit();
    };
    EXPECT_TRUE(transfer(30));
    const auto too_much = transfer(130);
    ASSERT_FALSE(too_much);
    EXPECT_EQ(too_much.error().code, errc::refused);
    EXPECT_EQ(money->balance(from), 70);
    EXPECT_EQ(money->balance(to), 30);
  }
}

}  // namespace
}  // namespace treaty::client::test
