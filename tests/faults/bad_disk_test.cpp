// The real binary on disks that fill up, fail and hesitate. A client that was told "accepted" may rely on it, whatever
// the disk does; one that was refused hears why; and what can go on by itself does.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "proto/dtmgimp.grpc.pb.h"
#include "tests/faults/bad_disk.hpp"
#include "tests/faults/small_file_system.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/http_client.hpp"
#include "tests/kit/participant.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/treatyd_process.hpp"

namespace treaty::faults {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

const std::string small_store = "  WriteBuffer: 4MiB\n  LogMax: 16MiB\nRetryInterval: 1\nLogLevel: warn\n";

/// Clients that submit sagas of two steps as fast as they are answered, and remember what they were told.
class submitters {
public:
  submitters(std::uint16_t port, const kit::participant& service, const std::string& name, std::size_t payload_bytes) {
    for (int number = 0; number < 3; ++number) {
      const std::string gids = name + std::to_string(number) + "-";
      threads_.emplace_back([this, gids, port, url = service.url("/ok"), payload_bytes] {
        bool was_refused = false;
        for (int saga = 0; !stopping_; ++saga) {
          const bool is_accepted = submit(port, gids + std::to_string(saga), url, payload_bytes);
          if (is_accepted && was_refused) ++accepted_again_;
          was_refused = was_refused || !is_accepted;
        }
      });
    }
  }
  ~submitters() { stop(); }
  void stop() {
    stopping_ = true;
    for (std::thread& one : threads_)
      if (one.joinable()) one.join();
  }
  std::vector<std::string> acknowledged() const {
    const std::lock_guard lock{mutex_};
    return acknowledged_;
  }
  /// Of clients that had been refused before.
  int accepted_again() const { return accepted_again_; }
  /// Status and body of each kind of refusal, and how many there were.
  std::map<std::string, int> refusals() const {
    const std::lock_guard lock{mutex_};
    return refusals_;
  }

private:
  bool submit(std::uint16_t port, const std::string& gid, const std::string& url, std::size_t payload_bytes) {
    const std::string step = R"({"action":")" + url + R"(","compensate":")" + url + R"("})";
    std::string payload;
    for (std::minstd_rand random{static_cast<unsigned>(std::hash<std::string>{}(gid))}; payload.size() < payload_bytes;)
      payload += static_cast<char>('a' + random() % 26);  // nothing that a disk could pack
    const auto said = kit::post(port, "/api/dtmsvr/submit",
                                R"({"gid":")" + gid + R"(","trans_type":"saga","steps":[)" + step + "," + step +
                                    R"(],"payloads":[")" + payload + R"(",""]})");
    const std::lock_guard lock{mutex_};
    if (said.status == 200) {
      acknowledged_.push_back(gid);
    } else {
      refusals_[std::to_string(said.status) + " " + said.body] += 1;
    }
    return said.status == 200;
  }

  std::atomic<bool> stopping_{false};
  std::atomic<int> accepted_again_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> acknowledged_;
  std::map<std::string, int> refusals_;
  std::vector<std::thread> threads_;
};

std::string status_of(std::uint16_t port, const std::string& gid) {
  const auto json = nlohmann::json::parse(kit::get(port, "/api/dtmsvr/query?gid=" + gid).body, nullptr, false);
  return json.is_object() && json["transaction"].is_object() ? json["transaction"].value("status", "") : "absent";
}

class BadDisk : public testing::Test {
protected:
  static std::string binary() {
    const char* const other = std::getenv("TREATYD");
    return other == nullptr ? TREATYD_BINARY : other;
  }
  void TearDown() override {
    if (HasFailure()) std::cout << "the coordinator's log ends:\n" << treatyd_log() << "\n";
  }
  std::string treatyd_log() const {
    std::ifstream file{directory_.path() / "treatyd.log"};
    const std::string all{std::istreambuf_iterator<char>{file}, {}};
    return all.substr(all.size() - std::min<std::size_t>(all.size(), 4'000));
  }
  std::filesystem::path data() const { return directory_.path() / "data"; }

  static bool is_ready(std::uint16_t port) { return kit::get(port, "/readyz").status == 200; }
  static bool shows(std::uint16_t port, const std::string& line) {
    return kit::get(port, "/api/metrics").body.find("\n" + line + "\n") != std::string::npos;
  }
  grpc::Status submit_over_grpc(std::uint16_t port, const std::string& gid) {
    const auto stub = dtmgimp::Dtm::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 20s);
    dtmgimp::DtmRequest request;
    request.set_gid(gid);
    request.set_transtype("saga");
    request.set_steps(R"([{"action":")" + service_.url("/ok") + R"(","compensate":""}])");
    request.add_binpayloads("{}");
    google::protobuf::Empty reply;
    return stub->Submit(&context, request, &reply);
  }
  /// Everything that was acknowledged is there and ends, with both of its steps done.
  void expect_all_done(std::uint16_t port, const std::vector<std::string>& gids) {
    EXPECT_FALSE(gids.empty());
    for (const std::string& gid : gids) {
      ASSERT_TRUE(kit::eventually([&] { return status_of(port, gid) == "succeed"; }, 30s))
          << gid << " is " << status_of(port, gid);
    }
    std::map<std::string, std::size_t> done;
    for (const auto& call : service_.ledger()) done[call.gid + call.branch] += call.op == "action" ? 1 : 0;
    for (const std::string& gid : gids) {
      ASSERT_GE(done[gid + "01"], 1U) << gid;
      ASSERT_GE(done[gid + "02"], 1U) << gid;
    }
  }

  kit::scratch_directory directory_;
  kit::participant service_;
};

class FullDisk : public BadDisk {
protected:
  void SetUp() override {
    if (!disk_.is_mounted()) GTEST_SKIP() << disk_.why_not();
  }
  /// Submits until the disk is full. Returns what was acknowledged.
  std::vector<std::string> fill(std::uint16_t port, std::size_t payload_bytes) {
    submitters clients{port, service_, "f" + std::to_string(payload_bytes) + "-", payload_bytes};
    EXPECT_TRUE(kit::eventually([&] { return !clients.refusals().empty() && !is_ready(port); }, 60s));
    clients.stop();
    for (const auto& [said, times] : clients.refusals())
      EXPECT_THAT(said, AllOf(HasSubstr("503 "), HasSubstr("store")));
    return clients.acknowledged();
  }

  small_file_system disk_{data(), 16};
  kit::treatyd_process treatyd_{binary(), directory_.path(), {.config = small_store}};
};

TEST_F(FullDisk, RefusesInWordsAndGoesOnByItselfWhenThereIsRoomAgain) {
  treatyd_.start();
  const std::uint16_t port = treatyd_.http_port();
  for (const std::size_t payload_bytes : {8'000U, 500U}) {  // the last straw is a sorted file, or the log
    SCOPED_TRACE(payload_bytes);
    const auto acknowledged = fill(port, payload_bytes);
    const auto ready = kit::get(port, "/readyz");
    EXPECT_EQ(ready.status, 503);
    EXPECT_THAT(ready.body, AllOf(HasSubstr("store failing"), HasSubstr("no space left")));
    EXPECT_EQ(kit::get(port, "/healthz").status, 200);  // a restart would not help
    EXPECT_TRUE(shows(port, "treaty_store_serving 0"));
    EXPECT_TRUE(shows(port, R"(treaty_store_state{state="read_only"} 1)"));
    const auto refused = submit_over_grpc(treatyd_.grpc_port(), "refused");
    EXPECT_THAT(refused.error_code(), AnyOf(grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::RESOURCE_EXHAUSTED));
    EXPECT_THAT(refused.error_message(), HasSubstr("store"));
    EXPECT_EQ(status_of(port, acknowledged.front()), "succeed");  // what is stored can be read

    ASSERT_TRUE(disk_.resize(payload_bytes == 8'000U ? 48 : 256));
    EXPECT_TRUE(kit::eventually([&] { return is_ready(port); }));
    EXPECT_TRUE(kit::eventually([&] { return shows(port, R"(treaty_store_state{state="serving"} 1)"); }));
    expect_all_done(port, acknowledged);
    EXPECT_EQ(status_of(port, "refused"), "absent");
    EXPECT_TRUE(submit_over_grpc(treatyd_.grpc_port(), "after" + std::to_string(payload_bytes)).ok());
    const std::uintmax_t left = std::filesystem::space(data()).available;
    if (payload_bytes == 8'000U) std::ofstream{data() / "ballast"} << std::string(left - (4 << 20), 'b');
  }
}

// Killed on a full disk, started on it, and started again when there is room.
TEST_F(FullDisk, IsNamedAtStartAndNothingIsLost) {
  treatyd_.start();
  const auto acknowledged = fill(treatyd_.http_port(), 8'000);
  treatyd_.kill();
  treatyd_.launch();
  if (const auto ended = treatyd_.await_end(5s)) {
    EXPECT_EQ(*ended, 1);
    EXPECT_THAT(treatyd_.log_tail(), HasSubstr("has no space left: make room"));
  } else {
    treatyd_.kill();  // there was room for what a start has to write
  }
  ASSERT_TRUE(disk_.resize(256));
  treatyd_.start();
  expect_all_done(treatyd_.http_port(), acknowledged);
}

class FailingDisk : public BadDisk {
protected:
  bad_disk disk_{BAD_DISK_LIBRARY, directory_.path()};
  kit::treatyd_process treatyd_{
      binary(), directory_.path(), {.config = small_store, .environment = disk_.environment()}};

  int submit(const std::string& gid) {
    const std::string step = R"({"action":")" + service_.url("/ok") + R"(","compensate":""})";
    return kit::post(treatyd_.http_port(), "/api/dtmsvr/submit",
                     R"({"gid":")" + gid + R"(","trans_type":"saga","steps":[)" + step + "," + step +
                         R"(],"payloads":["{}","{}"]})")
        .status;
  }
};

TEST_F(FailingDisk, AcknowledgesNothingAfterAFailedSyncAndAsksForARestart) {
  treatyd_.start();
  const std::uint16_t port = treatyd_.http_port();
  submitters clients{port, service_, "c", 100};
  ASSERT_TRUE(kit::eventually([&] { return clients.acknowledged().size() > 50; }));
  disk_->sync_error = EIO;
  ASSERT_TRUE(kit::eventually([&] { return disk_->failed_syncs > 0 && !is_ready(port); }));
  EXPECT_EQ(submit("late"), 503);
  clients.stop();
  EXPECT_EQ(clients.accepted_again(), 0);
  EXPECT_TRUE(shows(port, R"(treaty_store_state{state="failed"} 1)"));
  EXPECT_EQ(kit::get(port, "/healthz").status, 503);
  disk_->sync_error = 0;
  EXPECT_EQ(submit("later"), 503);  // nobody knows what the log holds
  treatyd_.kill();
  treatyd_.start();
  expect_all_done(treatyd_.http_port(), clients.acknowledged());
  EXPECT_EQ(status_of(treatyd_.http_port(), "later"), "absent");
  EXPECT_EQ(submit("after"), 200);
}

// Writes that fail leave half of their bytes in the log. The store goes on when they work again, or after a crash.
TEST_F(FailingDisk, OutlivesTornWrites) {
  disk_->tears = true;
  treatyd_.start();
  for (int round = 0; round < 4; ++round) {
    const bool crashes = round % 2 == 1;
    const std::uint16_t port = treatyd_.http_port();
    submitters clients{port, service_, "r" + std::to_string(round) + "-", 1'000};
    ASSERT_TRUE(kit::eventually([&] { return clients.acknowledged().size() > 100; }));
    const int failed = disk_->failed_writes;
    disk_->write_error = ENOSPC;
    ASSERT_TRUE(kit::eventually([&] { return disk_->failed_writes > failed && !is_ready(port); }));
    clients.stop();
    if (crashes) treatyd_.kill();
    disk_->write_error = 0;
    if (crashes) treatyd_.start();
    ASSERT_TRUE(kit::eventually([&] { return is_ready(treatyd_.http_port()); }));
    expect_all_done(treatyd_.http_port(), clients.acknowledged());
  }
}

// Nobody is told "accepted" before the disk is through with it, and those who come meanwhile share its next turn.
TEST_F(FailingDisk, AnswersNobodyBeforeASlowSyncIsOver) {
  treatyd_.start();
  disk_->sync_delay_ms = 400;
  const int before = disk_->syncs;
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::thread> clients;
  std::atomic<int> accepted{0};
  for (int number = 0; number < 40; ++number) {
    clients.emplace_back([&, number] {
      accepted += submit("s" + std::to_string(number)) == 200 ? 1 : 0;
      EXPECT_GT(disk_->syncs, before);
      EXPECT_GE(std::chrono::steady_clock::now() - began, 400ms);
    });
  }
  for (std::thread& one : clients) one.join();
  EXPECT_EQ(accepted, 40);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 8s);  // one by one it would be 16 s
  disk_->sync_delay_ms = 0;
  for (int number = 0; number < 40; ++number)
    EXPECT_TRUE(
        kit::eventually([&] { return status_of(treatyd_.http_port(), "s" + std::to_string(number)) == "succeed"; }));
}

struct ended {
  int exit_code;
  std::string output;
};

class BadDirectory : public BadDisk {
protected:
  /// Starts the binary on `path`, behind the words of `before`, and waits for its end.
  ended refused(const std::filesystem::path& path, const std::string& before = {}) {
    const auto config = directory_.path() / "other.yml";
    std::ofstream{config} << "HttpPort: 0\nGrpcPort: 0\nStore:\n  Path: " << path.string() << "\n";
    std::filesystem::permissions(directory_.path(), std::filesystem::perms{0755});
    FILE* const pipe = ::popen((before + " timeout 20 " + binary() + " -c " + config.string() + " 2>&1").c_str(), "r");
    std::string output;
    std::array<char, 4096> buffer{};
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), got);
    const int status = ::pclose(pipe);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
  }
};

TEST_F(BadDirectory, ThatIsAFileIsNamed) {
  std::ofstream{data()} << "x";
  const ended why = refused(data());
  EXPECT_EQ(why.exit_code, 1);
  EXPECT_THAT(why.output, AllOf(HasSubstr("treatyd cannot start"), HasSubstr(data().string())));
}

TEST_F(BadDirectory, ThatIsReadOnlyIsNamed) {
  small_file_system disk{data(), 32};
  if (!disk.is_mounted()) GTEST_SKIP() << disk.why_not();
  for (const bool holds_a_store : {false, true}) {
    if (holds_a_store) {
      ASSERT_TRUE(disk.resize(64));
      kit::treatyd_process treatyd{binary(), directory_.path(), {.config = small_store}};
      treatyd.start();
    }
    ASSERT_TRUE(disk.make_read_only());
    const ended why = refused(data());
    EXPECT_EQ(why.exit_code, 1);
    EXPECT_THAT(why.output, AllOf(HasSubstr("treatyd cannot start"), HasSubstr(data().string()),
                                  HasSubstr("Read-only file system"), HasSubstr("this user may write")));
  }
}

TEST_F(BadDirectory, OfAnotherUserIsNamed) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can become another user";
  for (const bool holds_a_store : {false, true}) {
    if (holds_a_store) {
      kit::treatyd_process treatyd{binary(), directory_.path(), {.config = small_store}};
      treatyd.start();
    } else {
      std::filesystem::create_directories(data());
    }
    const ended why = refused(data(), "setpriv --reuid=65534 --regid=65534 --clear-groups");
    EXPECT_EQ(why.exit_code, 1);
    EXPECT_THAT(why.output, AllOf(HasSubstr("treatyd cannot start"), HasSubstr(data().string()),
                                  HasSubstr("Permission denied"), HasSubstr("this user may write")));
  }
}

TEST_F(BadDirectory, WithADamagedLogIsNamedWithWhatCanBeDone) {
  {
    kit::treatyd_process treatyd{binary(), directory_.path(), {.config = small_store}};
    treatyd.start();
    submitters clients{treatyd.http_port(), service_, "c", 100};
    ASSERT_TRUE(kit::eventually([&] { return clients.acknowledged().size() > 100; }));
    treatyd.kill();
  }
  std::filesystem::path log;
  for (const auto& entry : std::filesystem::directory_iterator{data()}) {
    if (entry.path().extension() != ".log") continue;
    if (log.empty() || std::filesystem::file_size(entry) > std::filesystem::file_size(log)) log = entry.path();
  }
  std::fstream file{log, std::ios::in | std::ios::out | std::ios::binary};
  file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(log) / 2));
  file << "damage";
  file.close();
  const ended why = refused(data());
  EXPECT_EQ(why.exit_code, 1);
  EXPECT_THAT(why.output, AllOf(HasSubstr(log.string()), HasSubstr("acknowledged"), HasSubstr("truncate -s")));
}

}  // namespace
}  // namespace treaty::faults
