#include "admin/probes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace treaty {
namespace {

class reply_catcher final : public http_responder {
public:
  explicit reply_catcher(http_reply& to) : to_{to} {}
  void reply(http_reply what) override { to_ = std::move(what); }

private:
  http_reply& to_;
};

http_reply ask(const http_handler& handler) {
  http_reply caught;
  handler({.method = "GET", .path = "/", .query = {}, .body = {}}, std::make_shared<reply_catcher>(caught));
  return caught;
}

health_source always(process_health health) {
  return [health] { return health; };
}

// A restart does not mend a full disk: a liveness probe that failed then would only add an outage of its own.
TEST(Healthz, IsAliveWhateverTheStoreSays) {
  const http_reply reply = ask(make_healthz(always({"store_failing", "disk full", false})));
  EXPECT_EQ(reply.status, 200);
  const auto body = nlohmann::json::parse(reply.body);
  EXPECT_EQ(body["status"], "alive");
  EXPECT_EQ(body["state"], "store_failing");
  EXPECT_EQ(body["reason"], "disk full");
}

// A log that could not be synced is given up for good: whoever watches the process should start it again.
TEST(Healthz, AsksForTheRestartThatAloneCanMend) {
  process_health health{"store_failing", "log sync failed", false};
  health.mendable_by_restart_only = true;
  const http_reply reply = ask(make_healthz(always(health)));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(nlohmann::json::parse(reply.body)["status"], "restart needed");
}

TEST(Readyz, IsReadyWhenServing) {
  const http_reply reply = ask(make_readyz(always({"serving", "", true})));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(nlohmann::json::parse(reply.body)["status"], "ready");
}

// A load balancer takes the instance out, and the operator reads why.
TEST(Readyz, SaysWhyNewWorkIsRefused) {
  for (const char* const state : {"starting", "draining", "store_failing"}) {
    const http_reply reply = ask(make_readyz(always({state, "because \"so\"", false})));
    EXPECT_EQ(reply.status, 503);
    const auto body = nlohmann::json::parse(reply.body);
    EXPECT_EQ(body["state"], state);
    EXPECT_EQ(body["reason"], "because \"so\"");
  }
}

TEST(Metrics, AreMadeForEachScrapeInThePrometheusTextFormat) {
  int scrapes = 0;
  const http_handler handler = make_metrics([&] { return "scrapes " + std::to_string(++scrapes) + "\n"; });
  ask(handler);
  const http_reply reply = ask(handler);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "scrapes 2\n");
  EXPECT_EQ(reply.content_type, "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace
}  // namespace treaty
