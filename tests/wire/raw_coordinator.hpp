#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
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

/// One real coordinator and one business service for all tests of a file. Each test takes gids of its own.
class raw_coordinator : public ::testing::Test {
public:
  static void SetUpTestSuite() {
    scratch_ = std::make_unique<kit::scratch_directory>();
    const char* const other = std::getenv("TREATYD");
    coordinator_ = std::make_unique<kit::treatyd_process>(
        other == nullptr ? TREATYD_BINARY : other, scratch_->path(),
        kit::treatyd_options{.config = "RetryInterval: 1\nRequestTimeout: 1\nLogLevel: warn\n"});
    coordinator_->start();
    service_ = std::make_unique<kit::participant>();
  }
  static void TearDownTestSuite() {
    coordinator_.reset();
    service_.reset();
    scratch_.reset();
  }

protected:
  void TearDown() override {
    EXPECT_TRUE(coordinator_->is_running());
    if (HasFailure()) std::cout << "the coordinator's log ends:\n" << coordinator_->log_tail() << "\n";
  }

  static std::uint16_t http() { return coordinator_->http_port(); }
  static kit::treatyd_process& coordinator() { return *coordinator_; }
  static kit::participant& service() { return *service_; }

  static kit::http_answer get(const std::string& target) { return kit::get(http(), "/api/dtmsvr/" + target); }
  static kit::http_answer post(const std::string& route, const std::string& body) {
    return kit::post(http(), "/api/dtmsvr/" + route, body);
  }
  static nlohmann::json query(const std::string& gid) {
    return nlohmann::json::parse(get("query?gid=" + gid).body, nullptr, /*allow_exceptions=*/false);
  }
  static std::string status_of(const std::string& gid) {
    const auto found = query(gid);
    return found.is_object() && found["transaction"].is_object() ? found["transaction"].value("status", "") : "absent";
  }
  /// "PSPS": the first letters of the branch rows' statuses, in stored order.
  static std::string rows_of(const std::string& gid) {
    std::string rows;
    const auto found = query(gid);
    for (const auto& row : found["branches"]) rows += static_cast<char>(std::toupper(row.value("status", "?").front()));
    return rows;
  }
  static bool ends_as(const std::string& gid, const std::string& status) {
    return kit::eventually([&] { return status_of(gid) == status; });
  }

  struct step {
    std::string action;
    std::string compensate;
  };
  /// A submit body with one payload for each step. `more` is further members: R"("wait_result":true)".
  static std::string saga(const std::string& gid, const std::vector<step>& steps, const std::string& more = {}) {
    nlohmann::json body{{"gid", gid}, {"trans_type", "saga"}, {"steps", nlohmann::json::array()}};
    for (const step& one : steps) {
      body["steps"].push_back({{"action", url(one.action)}, {"compensate", url(one.compensate)}});
      body["payloads"].push_back(R"({"amount":30})");
    }
    std::string text = body.dump();
    if (!more.empty()) text.insert(text.size() - 1, "," + more);
    return text;
  }
  static std::string url(const std::string& path) { return path.empty() ? "" : service().url(path); }

private:
  static inline std::unique_ptr<kit::scratch_directory> scratch_;
  static inline std::unique_ptr<kit::treatyd_process> coordinator_;
  static inline std::unique_ptr<kit::participant> service_;
};

inline const std::string json_type = "application/json; charset=utf-8";
inline const std::string success = R"({"dtm_result":"SUCCESS"})";

}  // namespace treaty::wire_test
