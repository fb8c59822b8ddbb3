#include "net/http/web_hooks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <atomic>

#include "net/http/hook_metrics.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/participant.hpp"
#include "tests/kit/raw_participant.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;
using kit::eventually;
using testing::HasSubstr;
using testing::Not;

class WebHooks : public testing::Test {
protected:
  static web_hooks_options options_for(std::string alert_url, std::string completion_url = "") {
    web_hooks_options options;
    options.alert_url = std::move(alert_url);
    options.completion_url = std::move(completion_url);
    options.limits.wait = 10ms;
    return options;
  }
  std::unique_ptr<web_hooks> start(const web_hooks_options& options) {
    auto started = web_hooks::start(options, metrics_);
    EXPECT_TRUE(started) << started.error().detail;
    return started ? *std::move(started) : nullptr;
  }
  static alert_notice alert_of(const std::string& id) {
    alert_notice what;
    what.gid = gid{id};
    what.branch_url = "http://b/a1";
    what.error = "broken";
    what.retry_count = 3;
    return what;
  }
  static end_notice end_of(const std::string& id, std::string url = "") {
    end_notice what;
    what.gid = gid{id};
    what.url = std::move(url);
    return what;
  }
  std::string shown() { return prometheus::TextSerializer{}.Serialize(registry_.Collect()); }
  bool eventually_counts(const std::string& hook, const std::string& outcome, int count) {
    const std::string line = "treaty_web_hook_posts_total{hook=\"" + hook + "\",outcome=\"" + outcome + "\"} " +
                             std::to_string(count) + "\n";
    return eventually([&] { return shown().find(line) != std::string::npos; });
  }
  static std::size_t calls(const kit::participant& of, const std::string& path) {
    std::size_t count = 0;
    for (const auto& one : of.ledger()) count += one.path == path ? 1 : 0;
    return count;
  }

  prometheus::Registry registry_;
  hook_metrics metrics_{registry_};
};

TEST_F(WebHooks, PostAlertsAsJson) {
  kit::participant ops;
  const auto hooks = start(options_for(ops.url("/alert?key=k")));
  hooks->alert(alert_of("g1"));
  ASSERT_TRUE(eventually_counts("alert", "delivered", 1));
  const auto call = ops.ledger().at(0);
  EXPECT_EQ(call.message.start_line, "POST /alert?key=k HTTP/1.1");
  EXPECT_EQ(call.message.header("content-type"), "application/json");
  EXPECT_EQ(call.message.body,
            R"({"branch":"http://b/a1","error":"broken","gid":"g1","retry_count":3,"status":"submitted"})");
  EXPECT_THAT(shown(), HasSubstr("treaty_web_hook_queue 0\n"));
}

TEST_F(WebHooks, TellEndsToTheConfiguredHookAndTheTransactionsOwn) {
  kit::participant ops;
  const auto hooks = start(options_for("", ops.url("/ends")));
  hooks->ended(end_of("plain"));
  hooks->ended(end_of("named", ops.url("/mine")));
  hooks->ended(end_of("same", ops.url("/ends")));
  hooks->alert(alert_of("nobody"));
  ASSERT_TRUE(eventually_counts("completion", "delivered", 4));
  EXPECT_EQ(calls(ops, "/ends"), 3u);
  EXPECT_EQ(calls(ops, "/mine"), 1u);
  EXPECT_EQ(ops.ledger().size(), 4u);
}

TEST_F(WebHooks, SendTheUrlsUserAndPasswordAsBasicAuthentication) {
  kit::participant ops;
  const auto hooks = start(options_for("http://ann:secret@127.0.0.1:" + std::to_string(ops.port()) + "/alert"));
  hooks->alert(alert_of("g1"));
  ASSERT_TRUE(eventually_counts("alert", "delivered", 1));
  EXPECT_EQ(ops.ledger().at(0).message.header("authorization"), "Basic YW5uOnNlY3JldA==");
  EXPECT_THAT(std::string{ops.ledger().at(0).message.header("host")}, Not(HasSubstr("ann")));
}

TEST_F(WebHooks, RepeatAPostThatWasNotTaken) {
  kit::participant ops;
  std::atomic<int> left{2};
  ops.on("/alert", [&](const kit::seen_call&) { return kit::scripted_reply{.status = left-- > 0 ? 500 : 204}; });
  const auto hooks = start(options_for(ops.url("/alert")));
  hooks->alert(alert_of("g1"));
  ASSERT_TRUE(eventually_counts("alert", "delivered", 1));
  EXPECT_EQ(ops.ledger().size(), 3u);
  EXPECT_THAT(shown(), HasSubstr("outcome=\"failed\"} 0\n"));
}

TEST_F(WebHooks, GiveUpAfterFiveTries) {
  kit::participant ops;
  ops.on("/alert", {.status = 503});
  const auto hooks = start(options_for(ops.url("/alert")));
  hooks->alert(alert_of("g1"));
  ASSERT_TRUE(eventually_counts("alert", "failed", 1));
  EXPECT_EQ(ops.ledger().size(), 5u);
  EXPECT_EQ(hooks->drain(0ms), 0u);
}

TEST_F(WebHooks, FollowARedirectWithItsBody) {
  kit::participant ops;
  ops.on("/alert", {.status = 307, .headers = {"Location: /moved"}});
  const auto hooks = start(options_for(ops.url("/alert")));
  hooks->alert(alert_of("g1"));
  ASSERT_TRUE(eventually_counts("alert", "delivered", 1));
  EXPECT_EQ(ops.ledger().at(1).path, "/moved");
  EXPECT_THAT(ops.ledger().at(1).message.body, HasSubstr("\"gid\":\"g1\""));
}

TEST_F(WebHooks, CountAHookThatRefusesConnectionsAsFailed) {
  kit::refused_port refused;
  const auto hooks = start(options_for("http://127.0.0.1:" + std::to_string(refused.port()) + "/"));
  hooks->alert(alert_of("g1"));
  EXPECT_TRUE(eventually_counts("alert", "failed", 1));
}

TEST_F(WebHooks, CountATransactionsHookThatIsNoUrlAsFailed) {
  const auto hooks = start(options_for(""));
  hooks->ended(end_of("g1", "not a url"));
  EXPECT_TRUE(eventually_counts("completion", "failed", 1));
}

TEST_F(WebHooks, DoNotStartWithAUrlThatIsNone) {
  EXPECT_FALSE(web_hooks::start(options_for("nowhere"), metrics_));
  EXPECT_FALSE(web_hooks::start(options_for("", "ftp://h/"), metrics_));
}

// A hook that accepts and never answers holds up its own notices only, takes a bounded number of connections, and its
// notices beyond its share are lost, not kept.
TEST_F(WebHooks, KeepTellingOthersWhileOneHangs) {
  kit::raw_participant hangs{[](kit::tcp_stream& stream, int) { kit::wait_for_close(stream); }};
  kit::participant ops;
  auto options = options_for(hangs.url("/alert"), ops.url("/ends"));
  options.timeout = 1h;
  options.limits.kept_max = 400;
  const auto hooks = start(options);
  for (int each = 0; each < 5'000; ++each) hooks->alert(alert_of("a" + std::to_string(each)));
  EXPECT_TRUE(eventually_counts("alert", "dropped", 4'900));
  for (int each = 0; each < 100; ++each) hooks->ended(end_of("e" + std::to_string(each)));
  EXPECT_TRUE(eventually_counts("completion", "delivered", 100));
  EXPECT_TRUE(eventually([&] { return hangs.connections() == 4; }));
  EXPECT_THAT(shown(), HasSubstr("treaty_web_hook_queue 100\n"));
}

// The dead hook may even live on the host of the one that works.
TEST_F(WebHooks, KeepTellingAHookWhoseNeighbourHangs) {
  kit::participant ops;
  ops.on("/alert", {.delay = 1h});
  auto options = options_for(ops.url("/alert"), ops.url("/ends"));
  options.timeout = 1h;
  const auto hooks = start(options);
  for (int each = 0; each < 5'000; ++each) hooks->alert(alert_of("a" + std::to_string(each)));
  for (int each = 0; each < 100; ++each) hooks->ended(end_of("e" + std::to_string(each)));
  EXPECT_TRUE(eventually_counts("completion", "delivered", 100));
  EXPECT_EQ(calls(ops, "/alert"), 4u);
}

TEST_F(WebHooks, TimeOutPostsToAHookThatHangs) {
  kit::raw_participant hangs{[](kit::tcp_stream& stream, int) { kit::wait_for_close(stream); }};
  auto options = options_for(hangs.url("/alert"));
  options.timeout = 20ms;
  const auto hooks = start(options);
  hooks->alert(alert_of("g1"));
  EXPECT_TRUE(eventually_counts("alert", "failed", 1));
  EXPECT_TRUE(eventually([&] { return hangs.connections() == 5; }));
}

TEST_F(WebHooks, DeliverThousandsOfNotices) {
  kit::participant ops;
  const auto hooks = start(options_for(ops.url("/alert")));
  for (int each = 0; each < 2'500; ++each) hooks->alert(alert_of("a" + std::to_string(each)));
  EXPECT_EQ(hooks->drain(60s), 0u);
  EXPECT_EQ(ops.ledger().size(), 2'500u);
}

TEST_F(WebHooks, EndAtOnceWhateverIsInFlight) {
  kit::raw_participant hangs{[](kit::tcp_stream& stream, int) { kit::wait_for_close(stream); }};
  auto options = options_for(hangs.url("/alert"));
  options.timeout = 1h;
  auto hooks = start(options);
  for (int each = 0; each < 1'000; ++each) hooks->alert(alert_of("a" + std::to_string(each)));
  ASSERT_TRUE(eventually([&] { return hangs.connections() == 4; }));
  EXPECT_EQ(hooks->drain(10ms), 1'000u);
  const auto began = std::chrono::steady_clock::now();
  hooks.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

}  // namespace
}  // namespace treaty
