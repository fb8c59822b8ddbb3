// Alerts and completions as the operators' services hear of them, from the real binary.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/kit/eventually.hpp"
#include "tests/kit/http_client.hpp"
#include "tests/kit/participant.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/treatyd_process.hpp"

namespace treaty::wire_test {
namespace {

using namespace std::chrono_literals;
using kit::eventually;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class WebHooks : public ::testing::Test {
protected:
  /// Starts a coordinator with these lines of configuration; waits do not grow, so that tests are short.
  void start(const std::string& lines) {
    coordinator_ = std::make_unique<kit::treatyd_process>(
        TREATYD_BINARY, scratch_.path(),
        kit::treatyd_options{.config = "RetryInterval: 1\nRetryGrowth: 1\nRetryJitter: 0\n" + lines});
    coordinator_->start();
  }
  void TearDown() override {
    if (HasFailure() && coordinator_) std::cout << "the coordinator's log ends:\n" << coordinator_->log_tail() << "\n";
  }

  kit::http_answer submit(const std::string& gid, const std::string& type, const std::string& path,
                          const std::string& more = "") {
    const json step{{"action", services_.url(path)}};
    return kit::post(coordinator_->http_port(), "/api/dtmsvr/submit",
                     R"({"gid":")" + gid + R"(","trans_type":")" + type + R"(","steps":[)" + step.dump() +
                         R"(],"payloads":["{}"])" + more + "}");
  }
  /// What the hook at `path` was told of `gid`.
  std::vector<json> told(const std::string& path, const std::string& gid) {
    std::vector<json> out;
    for (const kit::seen_call& one : operators_.ledger()) {
      const json body = json::parse(one.message.body, nullptr, false);
      if (one.path == path && body.is_object() && body.value("gid", "") == gid) out.push_back(body);
    }
    return out;
  }
  std::string shown() { return kit::get(coordinator_->http_port(), "/api/metrics").body; }
  bool eventually_shows(const std::string& line) {
    return eventually([&] { return shown().find(line + "\n") != std::string::npos; });
  }
  std::string status_of(const std::string& gid) {
    const json found = json::parse(kit::get(coordinator_->http_port(), "/api/dtmsvr/query?gid=" + gid).body);
    return found["transaction"].value("status", "");
  }

  kit::scratch_directory scratch_;
  kit::participant services_;
  kit::participant operators_;
  std::unique_ptr<kit::treatyd_process> coordinator_;
};

// The first two failures may pass by themselves; from the third on each is told, as DTM's operators expect.
TEST_F(WebHooks, AlertComesWithTheThirdFailureInARowAndWithEachLaterOne) {
  services_.on("/broken", {.status = 500, .body = "no disk"});
  start("AlertWebHook: '" + operators_.url("/alert?key=k") + "'\n");
  submit("m1", "msg", "/broken");
  ASSERT_TRUE(eventually([&] { return told("/alert", "m1").size() >= 2; }));
  const auto call = operators_.ledger().at(0);
  EXPECT_EQ(call.message.start_line, "POST /alert?key=k HTTP/1.1");
  EXPECT_EQ(call.message.header("content-type"), "application/json");
  EXPECT_THAT(call.message.body,
              AllOf(testing::StartsWith(R"({"branch":")" + services_.url("/broken") + R"(","error":")"),
                    HasSubstr("no disk"), testing::EndsWith(R"(","gid":"m1","retry_count":3,"status":"submitted"})")));
  EXPECT_EQ(told("/alert", "m1").at(1)["retry_count"], 4);
  EXPECT_THAT(coordinator_->log_tail(), Not(HasSubstr("key=k")));
}

TEST_F(WebHooks, AlertRetryLimitSaysFromWhichFailureOn) {
  services_.on("/broken", {.status = 500});
  start("AlertRetryLimit: 1\nAlertWebHook: '" + operators_.url("/alert") + "'\n");
  submit("m1", "msg", "/broken");
  ASSERT_TRUE(eventually([&] { return !told("/alert", "m1").empty(); }));
  EXPECT_EQ(told("/alert", "m1").at(0)["retry_count"], 1);
}

// A failure that is definite or passes by itself wakes nobody.
TEST_F(WebHooks, NobodyIsAlertedOfOngoingBranches) {
  services_.on("/ongoing", {.status = 425, .body = "ONGOING"});
  services_.on("/broken", {.status = 500});
  start("AlertRetryLimit: 1\nAlertWebHook: '" + operators_.url("/alert") + "'\n");
  submit("slow", "msg", "/ongoing");
  ASSERT_TRUE(services_.wait_for("slow", [](const auto& calls) { return calls.size() >= 3; }));
  submit("broken", "msg", "/broken");
  ASSERT_TRUE(eventually([&] { return !told("/alert", "broken").empty(); }));
  EXPECT_TRUE(told("/alert", "slow").empty());
}

// The hook is beside the work: branches are called in their time, and other hooks hear what is theirs.
TEST_F(WebHooks, HangingAlertHookDelaysNeitherCallsNorCompletions) {
  services_.on("/broken", {.status = 500});
  operators_.on("/alert", {.delay = 1h});
  start("AlertRetryLimit: 1\nRequestTimeout: 30\nDrainTimeout: 2\nAlertWebHook: '" + operators_.url("/alert") +
        "'\nCompletionWebHook: '" + operators_.url("/ends") + "'\n");
  for (int each = 0; each < 50; ++each) submit("m" + std::to_string(each), "msg", "/broken");
  ASSERT_TRUE(services_.wait_for(
      "m0", [](const auto& calls) { return calls.size() >= 3; }, 10s));
  EXPECT_EQ(submit("well", "saga", "/ok", R"(,"wait_result":true)").status, 200);
  EXPECT_TRUE(eventually([&] { return told("/ends", "well").size() == 1; }));
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_EQ(coordinator_->stop(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 20s);
}

TEST_F(WebHooks, CompletionHookIsToldOfEveryEnd) {
  services_.on("/no", {.status = 409, .body = "no money"});
  start("CompletionWebHook: '" + operators_.url("/ends") + "'\n");
  EXPECT_EQ(submit("good", "saga", "/ok", R"(,"wait_result":true)").status, 200);
  EXPECT_EQ(submit("bad", "saga", "/no", R"(,"wait_result":true)").status, 409);
  ASSERT_TRUE(eventually([&] { return told("/ends", "good").size() == 1 && told("/ends", "bad").size() == 1; }));
  const json good = told("/ends", "good").at(0);
  std::vector<std::string> names;
  for (const auto& [name, value] : good.items()) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("create_time", "finish_time", "gid", "status", "trans_type"));
  EXPECT_EQ(good["status"], "succeed");
  EXPECT_EQ(good["trans_type"], "saga");
  EXPECT_GT(good["finish_time"], good["create_time"]);
  const json bad = told("/ends", "bad").at(0);
  EXPECT_EQ(bad["status"], "failed");
  EXPECT_THAT(bad["rollback_reason"].get<std::string>(), HasSubstr("no money"));
  EXPECT_TRUE(eventually_shows(R"(treaty_web_hook_posts_total{hook="completion",outcome="delivered"} 2)"));
}

TEST_F(WebHooks, TransactionMayNameItsOwn) {
  start("");
  EXPECT_EQ(submit("mine", "saga", "/ok", R"(,"notify_url":")" + operators_.url("/mine") + "\"").status, 200);
  EXPECT_EQ(submit("other", "saga", "/ok", R"(,"wait_result":true)").status, 200);
  ASSERT_TRUE(eventually([&] { return told("/mine", "mine").size() == 1; }));
  EXPECT_EQ(operators_.ledger().size(), 1u);
}

// A hook that comes back hears of what it missed.
TEST_F(WebHooks, PostIsRepeatedUntilItIsTaken) {
  operators_.on("/ends", [&](const kit::seen_call&) {
    return kit::scripted_reply{.status = operators_.ledger().size() < 2 ? 503 : 200};
  });
  start("CompletionWebHook: '" + operators_.url("/ends") + "'\n");
  EXPECT_EQ(submit("g1", "saga", "/ok", R"(,"wait_result":true)").status, 200);
  EXPECT_TRUE(eventually_shows(R"(treaty_web_hook_posts_total{hook="completion",outcome="delivered"} 1)"));
  EXPECT_EQ(told("/ends", "g1").size(), 2u);
}

// SIGTERM right behind a transaction's end does not lose the word of it.
TEST_F(WebHooks, EndsAreStillToldOnTheWayDown) {
  operators_.on("/ends", {.delay = 200ms});
  start("CompletionWebHook: '" + operators_.url("/ends") + "'\n");
  for (int each = 0; each < 4; ++each) {
    EXPECT_EQ(submit("g" + std::to_string(each), "saga", "/ok", R"(,"wait_result":true)").status, 200);
  }
  EXPECT_EQ(coordinator_->stop(), 0);
  for (int each = 0; each < 4; ++each) EXPECT_EQ(told("/ends", "g" + std::to_string(each)).size(), 1u);
}

TEST_F(WebHooks, UrlThatIsNoneIsRefusedAtStart) {
  EXPECT_THROW(start("AlertWebHook: 'nowhere'\n"), std::runtime_error);
  EXPECT_THAT(coordinator_->log_tail(), HasSubstr("AlertWebHook is not an http or https URL"));
}

}  // namespace
}  // namespace treaty::wire_test
