#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <memory>

#include "tests/kit/database_process.hpp"
#include "treaty/client/redis.hpp"

namespace treaty::client::test {
namespace {

struct connection_closer {
  void operator()(redisContext* connection) const { redisFree(connection); }
};

class RedisBarrier : public testing::Test {
protected:
  static void SetUpTestSuite() { server = std::make_unique<kit::database_process>(kit::database_kind::redis); }
  static void TearDownTestSuite() { server.reset(); }

  RedisBarrier() : connection{redisConnect("127.0.0.1", server->port())} { set(account, "100"); }

  std::string command(const std::string& text) {
    auto* const reply = static_cast<redisReply*>(redisCommand(connection.get(), text.c_str()));
    std::string answer = reply->str != nullptr ? reply->str : "";
    freeReplyObject(reply);
    return answer;
  }
  void set(const std::string& key, const std::string& value) { command("SET " + key + " " + value); }
  std::string at(const std::string& key) { return command("GET " + key); }
  result<void> serve(const std::string& op, int amount, const std::string& trans_type = "saga") {
    barrier guard{{gid, trans_type, op == "msg" ? "00" : "01", op}};
    return add_behind_barrier(guard, connection.get(), account, amount);
  }

  const std::string gid = testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string account = "account-" + gid;
  std::unique_ptr<redisContext, connection_closer> connection;
  static inline std::unique_ptr<kit::database_process> server;
};

TEST_F(RedisBarrier, LetsABusinessHappenOnce) {
  EXPECT_TRUE(serve("action", -30));
  EXPECT_TRUE(serve("action", -30));
  EXPECT_EQ(at(account), "70");
  EXPECT_EQ(at(gid + "-01-action-01"), "action");
}

TEST_F(RedisBarrier, RefusesWhatIsNotThere) {
  const auto served = serve("action", -130);
  ASSERT_FALSE(served);
  EXPECT_EQ(served.error().code, errc::refused);
  EXPECT_EQ(at(account), "100");
  EXPECT_EQ(at(gid + "-01-action-01"), "") << "what was refused may be asked again";
}

TEST_F(RedisBarrier, UndoesWhatHappenedAndOnlyOnce) {
  EXPECT_TRUE(serve("action", -30));
  EXPECT_TRUE(serve("compensate", 30));
  EXPECT_TRUE(serve("compensate", 30));
  EXPECT_EQ(at(account), "100");
}

TEST_F(RedisBarrier, UndoesNothingThatDidNotHappenAndLetsItNotHappenLater) {
  EXPECT_TRUE(serve("cancel", 30, "tcc"));
  EXPECT_EQ(at(account), "100");
  EXPECT_EQ(at(gid + "-01-try-01"), "rollback");
  EXPECT_TRUE(serve("try", -30, "tcc"));
  EXPECT_EQ(at(account), "100");
}

TEST_F(RedisBarrier, DoesTheBusinessOfAMessageOnceAndSaysSo) {
  EXPECT_TRUE(serve("msg", -30, "msg"));
  EXPECT_EQ(serve("msg", -30, "msg").error().code, errc::duplicated);
  EXPECT_EQ(at(account), "70");
  EXPECT_TRUE(query_prepared(barrier{{gid, "msg", "00", "msg"}}, connection.get()));
}

TEST_F(RedisBarrier, ShutsAMessageOutOnceItSaidThatItWasNotSent) {
  EXPECT_EQ(query_prepared(barrier{{gid, "msg", "00", "msg"}}, connection.get()).error().code, errc::refused);
  EXPECT_EQ(at(gid + "-00-msg-01"), "rollback");
  EXPECT_EQ(serve("msg", -30, "msg").error().code, errc::duplicated);
  EXPECT_EQ(at(account), "100");
}

TEST_F(RedisBarrier, SaysThatNothingIsKnownWhenRedisCannotDoIt) {
  command("LPUSH " + account + "-list x");
  barrier guard{{gid, "saga", "01", "action"}};
  const auto served = add_behind_barrier(guard, connection.get(), account + "-list", 1);
  ASSERT_FALSE(served);
  EXPECT_EQ(served.error().code, errc::unknown);
}

}  // namespace
}  // namespace treaty::client::test
