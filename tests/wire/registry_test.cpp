// The real coordinator in a real etcd: how it is found, how it leaves, and how it finds the branches of a saga.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/kit/etcd_process.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/grpc_participant.hpp"
#include "tests/kit/http_client.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/treatyd_process.hpp"

namespace treaty::wire_test {
namespace {

using namespace std::chrono_literals;
using kit::eventually;
using kit::grpc_participant;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

std::string registering(const std::string& target, const std::string& more = {}) {
  return "RetryInterval: 1\nRequestTimeout: 2\nMicroService:\n  Driver: dtm-driver-gozero\n  Target: '" + target +
         "'\n  EndPoint: localhost:46790\n" + more;
}

class Registry : public testing::Test {
protected:
  static std::string target_in(const kit::etcd_process& etcd) { return "etcd://" + etcd.endpoint() + "/dtmservice"; }
  kit::treatyd_process make_treatyd(const std::string& config) {
    return {TREATYD_BINARY, scratch_.path(), {.config = config}};
  }
  static json readiness(const kit::treatyd_process& of) {
    const auto answer = kit::get(of.http_port(), "/readyz");
    json out = json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
    if (out.is_object()) out["code"] = answer.status;
    return out;
  }
  static bool is_ready(const kit::treatyd_process& one) {
    return eventually([&] { return readiness(one).value("code", 0) == 200; });
  }
  static bool shows(const kit::treatyd_process& one, const std::string& metric) {
    return kit::get(one.http_port(), "/api/metrics").body.find("\n" + metric + "\n") != std::string::npos;
  }
  static std::string status_of(const kit::treatyd_process& at, const std::string& gid) {
    const json found = json::parse(kit::get(at.http_port(), "/api/dtmsvr/query?gid=" + gid).body, nullptr, false);
    return found.is_object() && found["transaction"].is_object() ? found["transaction"].value("status", "") : "absent";
  }
  /// One step for each of `services`.
  static std::string saga(const std::string& gid, const std::vector<std::string>& services) {
    json body{{"gid", gid}, {"trans_type", "saga"}, {"protocol", "grpc"}};
    for (const std::string& one : services) {
      body["steps"].push_back({{"action", one + "/busi.Busi/Do"}, {"compensate", one + "/busi.Busi/Undo"}});
      body["payloads"].push_back("x");
    }
    return body.dump();
  }

  kit::scratch_directory scratch_;
};

TEST_F(Registry, HasTheCoordinatorAndTheProbesShowIt) {
  kit::etcd_process etcd;
  etcd.start();
  auto treatyd = make_treatyd(registering(target_in(etcd)));
  treatyd.start();
  ASSERT_TRUE(is_ready(treatyd)) << readiness(treatyd);
  EXPECT_EQ(readiness(treatyd)["registration"], "registered");
  const auto keys = etcd.keys("dtmservice/");
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys.begin()->second, "localhost:46790");
  EXPECT_TRUE(shows(treatyd, "treaty_registration_registered 1"));
}

// Whoever finds the coordinator must find one that takes requests: so it leaves first, and refuses later.
TEST_F(Registry, LosesTheCoordinatorBeforeItRefusesRequests) {
  kit::etcd_process etcd;
  etcd.start();
  auto treatyd = make_treatyd(registering(target_in(etcd), "Registry:\n  LeaveDelay: 3s\n"));
  treatyd.start();
  ASSERT_TRUE(is_ready(treatyd));
  ::kill(treatyd.pid(), SIGTERM);
  ASSERT_TRUE(eventually([&] { return etcd.keys("dtmservice/").empty(); }, 3s));
  const auto late = kit::post(treatyd.http_port(), "/api/dtmsvr/submit",
                              R"({"gid":"late","trans_type":"saga","steps":[],"payloads":[]})");
  EXPECT_EQ(late.status, 200) << late.body;
  EXPECT_EQ(readiness(treatyd).value("code", 0), 503);
  EXPECT_THAT(readiness(treatyd).value("reason", ""), HasSubstr("withdrawn"));
  EXPECT_EQ(treatyd.await_end(20s), 0);
}

// Ten seconds, and the moments that etcd takes itself.
TEST_F(Registry, ForgetsAKilledCoordinatorWithTheLease) {
  kit::etcd_process etcd;
  etcd.start();
  auto treatyd = make_treatyd(registering(target_in(etcd)));
  treatyd.start();
  ASSERT_TRUE(is_ready(treatyd));
  treatyd.kill();
  EXPECT_TRUE(eventually([&] { return etcd.keys("dtmservice/").empty(); }, 14s));
}

// An etcd that is away at the start delays the registration, and nothing else.
TEST_F(Registry, MayComeLaterThanTheCoordinator) {
  kit::etcd_process etcd;
  auto treatyd = make_treatyd(registering(target_in(etcd)));
  const auto began = std::chrono::steady_clock::now();
  treatyd.start();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
  EXPECT_TRUE(eventually([&] { return readiness(treatyd).value("registration", "").find("not yet: cannot") == 0; }));
  EXPECT_EQ(readiness(treatyd).value("code", 0), 503);
  EXPECT_THAT(readiness(treatyd).value("reason", ""), HasSubstr("registration: not yet"));
  EXPECT_EQ(kit::get(treatyd.http_port(), "/healthz").status, 200);
  EXPECT_EQ(kit::post(treatyd.http_port(), "/api/dtmsvr/submit",
                      R"({"gid":"early","trans_type":"saga","steps":[],"payloads":[]})")
                .status,
            200);
  EXPECT_TRUE(shows(treatyd, "treaty_registration_registered 0"));
  etcd.start();
  EXPECT_TRUE(is_ready(treatyd));
  EXPECT_EQ(etcd.keys("dtmservice/").size(), 1u);
  etcd.kill();
  EXPECT_TRUE(eventually([&] { return readiness(treatyd).value("registration", "").find("lost") == 0; }));
  EXPECT_EQ(readiness(treatyd).value("code", 0), 200);  // whoever knows it goes on
  EXPECT_EQ(treatyd.stop(), 0);
}

TEST_F(Registry, IsNotNeededByThoseWhoSaySo) {
  kit::etcd_process etcd;
  auto treatyd = make_treatyd(registering(target_in(etcd), "Registry:\n  Readiness: never\n"));
  treatyd.start();
  EXPECT_EQ(readiness(treatyd).value("code", 0), 200);
  EXPECT_THAT(readiness(treatyd).value("registration", ""), HasSubstr("not yet"));
}

// All instances of both services get their share, in each direction, while instances come and go.
TEST_F(Registry, LeadsSagasToEveryInstanceOfTheirServices) {
  kit::etcd_process etcd;
  etcd.start();
  const auto fine = [](const kit::seen_rpc&) { return grpc_participant::reply{}; };
  const auto taken = [](const kit::seen_rpc& seen) {
    const bool is_refused = seen.metadata.find("dtm-gid")->second == "refused" && seen.method == "/busi.Busi/Do";
    return grpc_participant::reply{is_refused ? grpc::Status{grpc::StatusCode::ABORTED, "taken"} : grpc::Status::OK,
                                   false, ""};
  };
  grpc_participant user1{fine}, user2{fine}, tag1{taken}, tag2{taken};
  etcd.put("user.rpc/101", user1.address());
  etcd.put("user.rpc/102", user2.address());
  etcd.put("tag.rpc/101", tag1.address());
  etcd.put("tag.rpc/102", tag2.address());
  auto treatyd = make_treatyd(registering(target_in(etcd)));
  treatyd.start();
  const std::string user = "etcd://" + etcd.endpoint() + "/user.rpc";
  const std::string tag = "etcd:///" + etcd.endpoint() + "?key=tag.rpc";
  int sagas = 0;
  const auto run = [&] {
    const std::string gid = "s" + std::to_string(++sagas);
    EXPECT_EQ(kit::post(treatyd.http_port(), "/api/dtmsvr/submit", saga(gid, {user, tag})).status, 200);
    EXPECT_TRUE(eventually([&] { return status_of(treatyd, gid) == "succeed"; })) << gid;
  };
  EXPECT_TRUE(eventually([&] {
    run();
    return !user1.ledger().empty() && !user2.ledger().empty() && !tag1.ledger().empty() && !tag2.ledger().empty();
  }));
  EXPECT_EQ(user1.ledger().front().authority, "user.rpc");
  EXPECT_EQ(kit::post(treatyd.http_port(), "/api/dtmsvr/submit", saga("refused", {user, tag})).status, 200);
  EXPECT_TRUE(eventually([&] { return status_of(treatyd, "refused") == "failed"; }));
  etcd.remove("user.rpc/101");
  ASSERT_TRUE(eventually([&] {
    const std::size_t before = user1.ledger().size();
    run();
    run();
    return user1.ledger().size() == before;
  }));
  etcd.remove("user.rpc/102");
  ASSERT_TRUE(eventually([&] { return shows(treatyd, "treaty_discovery_instances 2"); }));
  EXPECT_EQ(kit::post(treatyd.http_port(), "/api/dtmsvr/submit", saga("waits", {user, tag})).status, 200);
  EXPECT_TRUE(eventually([&] {
    return kit::get(treatyd.http_port(), "/api/treaty/v1/transactions/waits/history").body.find("no instance of") !=
           std::string::npos;
  }));
  EXPECT_EQ(status_of(treatyd, "waits"), "submitted");
  etcd.put("user.rpc/103", user1.address());
  EXPECT_TRUE(eventually([&] { return status_of(treatyd, "waits") == "succeed"; }));
}

// Nothing starts that could never register: an operator reads why, and what there is instead.
TEST_F(Registry, IsRefusedByNameWhenItIsUnknown) {
  const auto run = [&](const std::string& config) {
    const std::string file = (scratch_.path() / "bad.yml").string();
    std::ofstream{file} << config;
    FILE* const pipe = ::popen((std::string{TREATYD_BINARY} + " -c " + file + " 2>&1").c_str(), "r");
    std::string output;
    std::array<char, 4096> buffer{};
    while (const std::size_t read = std::fread(buffer.data(), 1, buffer.size(), pipe))
      output.append(buffer.data(), read);
    const int status = ::pclose(pipe);
    return std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : -1) + " " + output;
  };
  EXPECT_THAT(run(registering("zookeeper://h/k")),
              AllOf(testing::StartsWith("1 "), HasSubstr("unknown scheme: zookeeper"), HasSubstr("etcd, discov")));
  EXPECT_THAT(run("MicroService:\n  Driver: nosuch\n"),
              AllOf(testing::StartsWith("1 "), HasSubstr("no dtm driver with name: nosuch"),
                    HasSubstr("default, dtm-driver-gozero")));
  EXPECT_THAT(run(registering("etcd://h/k", "HttpPort: 0\nGrpcPort: 0\nStore:\n  Path: " + scratch_.path().string() +
                                                "/data\nRegistry:\n  CACertFile: /no/such/file.pem\n")),
              AllOf(testing::StartsWith("1 "), HasSubstr("Registry.CACertFile: /no/such/file.pem")));
}

}  // namespace
}  // namespace treaty::wire_test
