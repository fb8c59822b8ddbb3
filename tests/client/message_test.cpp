#include "treaty/client/message.hpp"

#include "tests/client/bank.hpp"
#include "tests/client/modes_fixture.hpp"

namespace treaty::client::test {
namespace {

class Message : public modes_fixture {
protected:
  static void SetUpTestSuite() {
    modes_fixture::SetUpTestSuite();
    money = new bank{kit::database_kind::mariadb};
  }
  static void TearDownTestSuite() {
    modes_fixture::TearDownTestSuite();
    delete std::exchange(money, nullptr);
  }

  Message() {
    here().on("Bank", [](const branch_context& context, const std::string& payload) -> result<std::string> {
      const auto served = money->serve(context, payload);
      if (!served) return served.error();
      return std::string{};
    });
    from = money->open(100);
    to = money->open(0);
  }
  /// Gives 30 to an account, for a sender that takes them from another.
  message gift(transaction_options options = {}) {
    message made{where, new_gid(), std::move(options)};
    made.add(url("Bank"), std::to_string(to) + " 30");
    return made;
  }

  int from = 0;
  int to = 0;
  static inline bank* money = nullptr;
};
INSTANTIATE_TEST_SUITE_P(OverBothProtocols, Message, both_doors, door_name);

TEST_P(Message, ThatIsSubmittedReachesItsReceiversInOrder) {
  message news{where, new_gid()};
  news.add(url("Ok"), "{}").add(url("Ok"), "{}");
  ASSERT_TRUE(news.prepare(url("Ok")));
  ASSERT_TRUE(news.submit());
  EXPECT_TRUE(here().ends(news.gid(), "succeed"));
  EXPECT_EQ(here().story_of(news.gid()), "action 01, action 02");
}

TEST_P(Message, ThatIsGivenUpReachesNobody) {
  message news{where, new_gid()};
  news.add(url("Ok"), "{}");
  ASSERT_TRUE(news.prepare(url("Ok")));
  ASSERT_TRUE(news.abort());
  EXPECT_TRUE(here().ends(news.gid(), "failed"));
  const auto late = news.submit();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, errc::refused) << late.error().detail;
  EXPECT_EQ(here().story_of(news.gid()), "");
}

TEST_P(Message, WaitsAsLongAsItWasTold) {
  message news{where, new_gid()};
  ASSERT_TRUE(news.add(url("Ok"), "{}").delay(std::chrono::seconds{2}).submit());
  EXPECT_EQ(here().status_of(news.gid()), "submitted");
  EXPECT_EQ(here().story_of(news.gid()), "");
  EXPECT_TRUE(here().ends(news.gid(), "succeed"));
}

TEST_P(Message, GoesOutWhenTheBusinessCommits) {
  auto news = gift();
  const auto session = money->connect();
  EXPECT_TRUE(news.do_and_submit(url("Bank"), *session, [&] { return bank::add(*session, from, -30); }));
  EXPECT_TRUE(here().ends(news.gid(), "succeed"));
  EXPECT_EQ(here().story_of(news.gid()), "action 01");
  EXPECT_EQ(money->balance(from), 70);
  EXPECT_EQ(money->balance(to), 30);
}

// The business has committed: a refusal would have its caller do it all again under another gid.
TEST_P(Message, ThatIsNotThereYetIsNotRefused) {
  auto news = gift({.wait_result = true});
  news.delay(std::chrono::seconds{1});
  const auto session = money->connect();
  const auto send = [&] {
    return news.do_and_submit(url("Bank"), *session, [&] { return bank::add(*session, from, -30); });
  };
  const auto sent = send();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, errc::ongoing) << sent.error().detail;
  EXPECT_TRUE(here().ends(news.gid(), "succeed"));
  const auto again = send();
  EXPECT_TRUE(again) << again.error().detail;
  EXPECT_EQ(here().story_of(news.gid()), "action 01");
  EXPECT_EQ(money->balance(from), 70) << "the same gid is the same message";
}

// Nobody can refuse a message: it is sent until it is taken.
TEST_P(Message, ThatIsRefusedIsOngoing) {
  int calls = 0;
  here().on("Unwilling", [&](const auto&, const auto&) -> result<std::string> {
    return ++calls == 1 ? refused("not I") : result<std::string>{""};
  });
  message news{where, new_gid(), {.wait_result = true}};
  const auto sent = news.add(url("Unwilling"), "{}").submit();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, errc::ongoing) << sent.error().detail;
  EXPECT_TRUE(here().ends(news.gid(), "succeed"));
}

TEST_P(Message, IsGivenUpWhenTheBusinessRefuses) {
  auto news = gift();
  const auto session = money->connect();
  const auto sent = news.do_and_submit(url("Bank"), *session, [&] { return bank::add(*session, from, -130); });
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, errc::refused);
  EXPECT_TRUE(here().ends(news.gid(), "failed"));
  EXPECT_EQ(money->balance(to), 0);
}

// The business committed and hears of an error all the same: the query knows better.
TEST_P(Message, GoesOutWhenOnlyTheAnswerOfTheCommitWasLost) {
  auto news = gift();
  const auto session = money->connect();
  const auto sent = news.do_and_submit(url("Bank"), [&](barrier& guard) -> result<void> {
    EXPECT_TRUE(guard.call(*session, [&] { return bank::add(*session, from, -30); }));
    return unknown("the connection was lost");
  });
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().detail, "the connection was lost");
  EXPECT_TRUE(here().ends(news.gid(), "succeed"));
  EXPECT_EQ(money->balance(to), 30);
}

TEST_P(Message, IsGivenUpWhenTheBusinessBrokeBeforeItsCommit) {
  auto news = gift();
  const auto session = money->connect();
  EXPECT_FALSE(news.do_and_submit(url("Bank"), *session, [] { return result<void>{unknown("a bug")}; }));
  EXPECT_TRUE(here().ends(news.gid(), "failed"));
  EXPECT_EQ(money->rows_of(news.gid()), "msg/01/rollback");
  EXPECT_EQ(money->balance(to), 0);
}

// The sender dies between its commit and its submit: the coordinator asks, and sends.
TEST_P(Message, GoesOutWhenTheSenderDiedAfterItsCommit) {
  auto news = gift({.timeout_to_fail = std::chrono::seconds{1}});
  ASSERT_TRUE(news.prepare(url("Bank")));
  const auto session = money->connect();
  barrier guard{{news.gid(), "msg", "00", "msg"}};
  ASSERT_TRUE(guard.call(*session, [&] { return bank::add(*session, from, -30); }));
  EXPECT_TRUE(here().ends(news.gid(), "succeed"));
  EXPECT_EQ(here().story_of(news.gid()), "msg 00, action 01");
  EXPECT_EQ(money->balance(to), 30);
}

// The sender is only slow: once it was said that it did not commit, it no longer can.
TEST_P(Message, ShutsOutASenderThatIsTooLate) {
  auto news = gift({.timeout_to_fail = std::chrono::seconds{1}});
  const auto session = money->connect();
  const auto sent = news.do_and_submit(url("Bank"), [&](barrier& guard) {
    EXPECT_TRUE(here().ends(news.gid(), "failed"));
    return guard.call(*session, [&] { return bank::add(*session, from, -30); });
  });
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, errc::duplicated);
  EXPECT_EQ(money->balance(from), 100);
}

TEST_P(Message, DoesNotRunTheBusinessWhenItCannotBeAnnounced) {
  world gone;
  const auto nowhere = gone.connect(GetParam());
  gone.treatyd().kill();
  bool ran = false;
  message news{nowhere, "lost"};
  EXPECT_FALSE(news.do_and_submit(url("Bank"), [&](barrier&) {
    ran = true;
    return result<void>{};
  }));
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace treaty::client::test
