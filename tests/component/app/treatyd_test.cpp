// The real program as an operator meets it: its command line, its probes, its start and its end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/kit/eventually.hpp"
#include "tests/kit/http_client.hpp"
#include "tests/kit/participant.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/treatyd_process.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

struct ended {
  int exit_code;
  std::string output;
};

/// Runs treatyd to its end; `arguments` may use the shell's syntax.
ended run_treatyd(const std::string& arguments) {
  FILE* const pipe = popen((std::string{TREATYD_BINARY} + " " + arguments + " 2>&1").c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer{};
  while (const std::size_t read = std::fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), read);
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

class Treatyd : public testing::Test {
protected:
  std::string write(const std::string& name, const std::string& text) {
    const auto file = directory_.path() / name;
    std::ofstream{file} << text;
    return file.string();
  }

  kit::scratch_directory directory_;
  kit::treatyd_process treatyd_{TREATYD_BINARY, directory_.path()};
};

/// A saga whose branch cannot be reached.
void submit_what_fails(const kit::treatyd_process& to) {
  kit::post(
      to.http_port(), "/api/dtmsvr/submit",
      R"({"gid":"g","trans_type":"saga","steps":[{"action":"http://127.0.0.1:1/a","compensate":""}],"payloads":["{}"]})");
}

/// Whether the system lets us run before others, as it lets the root of a machine but not of every container.
bool may_be_raised() {
  const int before = getpriority(PRIO_PROCESS, 0);
  if (setpriority(PRIO_PROCESS, 0, before - 1) != 0) return false;
  return setpriority(PRIO_PROCESS, 0, before) == 0;
}

TEST_F(Treatyd, RunsBeforeOthersAsFarAsItMay) {
  kit::treatyd_process boosted{TREATYD_BINARY, directory_.path(), {.config = "PriorityBoost: 3\n"}};
  boosted.start();
  const int ours = getpriority(PRIO_PROCESS, 0);
  EXPECT_EQ(getpriority(PRIO_PROCESS, static_cast<id_t>(boosted.pid())), may_be_raised() ? ours - 3 : ours);
}

TEST_F(Treatyd, ShowsThatItIsAliveAndReady) {
  treatyd_.start();
  EXPECT_EQ(kit::get(treatyd_.http_port(), "/healthz").status, 200);
  const auto ready = kit::get(treatyd_.http_port(), "/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(nlohmann::json::parse(ready.body)["status"], "ready");
  EXPECT_NE(treatyd_.grpc_port(), 0);
}

TEST_F(Treatyd, TellsItsVersionTheSameWayEverywhere) {
  treatyd_.start();
  const auto told =
      nlohmann::json::parse(kit::get(treatyd_.http_port(), "/api/dtmsvr/version").body)["version"].get<std::string>();
  const ended printed = run_treatyd("-v");
  EXPECT_EQ(printed.exit_code, 0);
  EXPECT_EQ(printed.output, "treatyd version: " + told + "\n");
  EXPECT_THAT(kit::get(treatyd_.http_port(), "/api/metrics").body, HasSubstr("version=\"" + told + "\""));
}

TEST_F(Treatyd, ShowsItsMetricsAndThoseOfItsPeersDashboards) {
  treatyd_.start();
  kit::post(treatyd_.http_port(), "/api/dtmsvr/submit", R"({"gid":"g","trans_type":"saga","steps":[],"payloads":[]})");
  const auto scraped = kit::get(treatyd_.http_port(), "/api/metrics");
  EXPECT_EQ(scraped.status, 200);
  EXPECT_THAT(scraped.body, AllOf(HasSubstr("dtm_server_info{"), HasSubstr("treaty_build_info{"),
                                  HasSubstr("process_cpu_seconds_total"),
                                  HasSubstr(R"(dtm_server_process_total{api="submit",status="ok",type="http"} 1)"),
                                  HasSubstr("treaty_store_writers_held_up 0"),
                                  ContainsRegex(R"(treaty_store_memory_bytes\{part="memtables"\} [1-9])")));
  EXPECT_EQ(kit::get(treatyd_.http_port(), "/metrics").status, 200);
}

// Orchestrators take any other exit code for a crash.
TEST_F(Treatyd, EndsWithZeroWhenAskedTo) {
  treatyd_.start();
  EXPECT_EQ(treatyd_.stop(), 0);
  EXPECT_THAT(treatyd_.log_tail(), HasSubstr("treatyd has stopped"));
}

// The lanes share their port, so a second process could share it too, and take half of the clients.
TEST_F(Treatyd, ASecondOneOnTheSamePortsRefusesToStart) {
  treatyd_.start();
  const std::string other_store = "\nStore:\n  Path: " + (directory_.path() / "other").string() + "\n";
  const std::string http = std::to_string(treatyd_.http_port());
  const ended same_http = run_treatyd("-c " + write("a.yml", "HttpPort: " + http + "\nGrpcPort: 0" + other_store));
  EXPECT_EQ(same_http.exit_code, 1);
  EXPECT_THAT(same_http.output, AllOf(HasSubstr("HttpPort " + http), HasSubstr("Address already in use")));
  const std::string grpc = std::to_string(treatyd_.grpc_port());
  const ended same_grpc = run_treatyd("-c " + write("b.yml", "HttpPort: 0\nGrpcPort: " + grpc + other_store));
  EXPECT_EQ(same_grpc.exit_code, 1);
  EXPECT_THAT(same_grpc.output, HasSubstr("GrpcPort " + grpc));
}

TEST_F(Treatyd, ASecondOneOnTheSameStoreRefusesToStart) {
  treatyd_.start();
  const std::string store = (directory_.path() / "data").string();
  const ended second = run_treatyd("-c " + write("a.yml", "HttpPort: 0\nGrpcPort: 0\nStore:\n  Path: " + store + "\n"));
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.output, AllOf(HasSubstr(store), HasSubstr("in use")));
}

TEST_F(Treatyd, ChecksAConfigurationWithoutStarting) {
  const ended good =
      run_treatyd("--check-config -c " + write("good.yml", "RetryInterval: 2\nStore:\n  Password: hunter2\n"));
  EXPECT_EQ(good.exit_code, 0);
  EXPECT_THAT(good.output, AllOf(HasSubstr("RetryInterval: 2s  # line 1"), Not(HasSubstr("hunter2"))));
  const ended bad = run_treatyd("--check-config -c " + write("bad.yml", "RetryInterval: soon\n"));
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.output, HasSubstr("bad.yml:1: RetryInterval must be a duration, not 'soon'"));
}

TEST_F(Treatyd, TakesItsSettingsFromTheEnvironment) {
  const ended checked = run_treatyd("--check-config | cat; HTTP_PORT=1234 " TREATYD_BINARY " --check-config");
  EXPECT_THAT(checked.output,
              AllOf(HasSubstr("HttpPort: 36789  # default"), HasSubstr("HttpPort: 1234  # environment HTTP_PORT")));
}

TEST_F(Treatyd, SaysWhichConfigurationItCannotRead) {
  const ended missing = run_treatyd("-c " + (directory_.path() / "nosuch.yml").string());
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.output, HasSubstr("nosuch.yml"));
}

// Shells begin with 1,024 files, which a few hundred clients and participants would use up.
TEST_F(Treatyd, OpensAsManyFilesAsItMay) {
  treatyd_.start();
  const std::string metrics = kit::get(treatyd_.http_port(), "/api/metrics").body;
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  std::istringstream value{metrics.substr(metrics.find("\nprocess_max_fds ") + 17)};
  double allowed = 0;
  value >> allowed;
  EXPECT_EQ(allowed, static_cast<double>(limit.rlim_max));
}

// What each deployment sets for all of its transactions.
TEST_F(Treatyd, TakesTheRulesOfRetriesAndHistoryFromItsConfiguration) {
  kit::participant broken;
  broken.on("/a", {.status = 500, .body = "no disk"});
  kit::treatyd_process strict{TREATYD_BINARY,
                              directory_.path(),
                              {.config = "RetryInterval: 1\nRetryLimit: 2\nRetryGrowth: 1\nRetryJitter: 0\nStuckAfter: "
                                         "1\nHistory:\n  PagesMax: 0\n"}};
  strict.start();
  const auto submit = [&](const std::string& gid, const std::string& type) {
    const std::string body = R"({"gid":")" + gid + R"(","trans_type":")" + type + R"(","steps":[{"action":")" +
                             broken.url("/a") + R"("}],"payloads":["{}"],"wait_result":true})";
    return kit::post(strict.http_port(), "/api/dtmsvr/submit", body);
  };
  const auto given_up = submit("s", "saga");
  EXPECT_EQ(given_up.status, 409);
  EXPECT_THAT(given_up.body, HasSubstr("RetryLimit: 2"));
  EXPECT_EQ(broken.story_of("s"), "action 01, action 01, action 01");
  const auto began = std::chrono::steady_clock::now();
  submit("m", "msg");
  EXPECT_TRUE(kit::eventually([&] {
    return kit::get(strict.http_port(), "/api/metrics").body.find("\ntreaty_transactions_stuck 1\n") !=
           std::string::npos;
  }));
  EXPECT_TRUE(broken.wait_for("m", [](const auto& calls) { return calls.size() >= 5; }));  // 15 s when waits double
  EXPECT_LT(std::chrono::steady_clock::now() - began, 12s);
  EXPECT_THAT(kit::get(strict.http_port(), "/api/metrics").body,
              ContainsRegex("treaty_retry_jitter_seconds_count [1-9].*\ntreaty_retry_jitter_seconds_sum 0\n"));
  const auto history = kit::get(strict.http_port(), "/api/treaty/v1/transactions/m/history");
  EXPECT_THAT(history.body, Not(HasSubstr("no disk")));  // its creation, which its definition tells, is all there is
}

// The end of a terminal, or a service manager's "reload": neither while it serves nor while it drains.
TEST_F(Treatyd, AHangUpEndsNothing) {
  kit::treatyd_process slow{TREATYD_BINARY, directory_.path(), {.config = "DrainTimeout: 1s\nIdleAfter: 1m\n"}};
  slow.start();
  submit_what_fails(slow);
  ::kill(slow.pid(), SIGHUP);
  const auto has_said = [&](const char* word) {
    return kit::eventually([&] { return slow.log_tail().find(word) != std::string::npos; }, 10s);
  };
  ASSERT_TRUE(has_said("SIGHUP has no effect"));
  ::kill(slow.pid(), SIGTERM);
  ASSERT_TRUE(has_said("draining"));
  ::kill(slow.pid(), SIGHUP);
  EXPECT_EQ(slow.await_end(20s), 0);
}

// A participant that hangs must not keep a coordinator from stopping: what is left goes on after the next start.
TEST_F(Treatyd, StopsWithinItsLimitWhateverIsInFlight) {
  kit::treatyd_process slow{TREATYD_BINARY, directory_.path(), {.config = "DrainTimeout: 200ms\nIdleAfter: 1m\n"}};
  slow.start();
  submit_what_fails(slow);
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_EQ(slow.stop(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 5s);
  slow.start();
  const auto kept = nlohmann::json::parse(kit::get(slow.http_port(), "/api/dtmsvr/query?gid=g").body);
  EXPECT_EQ(kept["transaction"]["status"], "submitted");
}

}  // namespace
}  // namespace treaty
