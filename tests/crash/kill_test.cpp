#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <future>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "tests/crash/load.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/http_client.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/treatyd_process.hpp"

namespace treaty::crash {
namespace {

using namespace std::chrono_literals;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string treatyd_binary() {
  const char* const other = std::getenv("TREATYD");
  return other == nullptr ? TREATYD_BINARY : other;
}

std::string status_of(std::uint16_t port, const std::string& gid) {
  const auto answer = kit::get(port, "/api/dtmsvr/query?gid=" + gid);
  const auto json = nlohmann::json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  if (answer.status != 200 || !json.is_object()) return "unreadable: " + answer.body;
  return json["transaction"].is_null() ? "absent" : json["transaction"].value("status", "");
}

bool is_final(const std::string& status) {
  return status == "succeed" || status == "failed" || status == "absent";
}

/// Kills the coordinator `kills` times at random moments while clients submit. Most lives are long enough for work to
/// be in the middle; one in six is killed as soon as it serves, in the midst of its recovery work.
void kill_again_and_again(kit::treatyd_process& coordinator, saga_load& load, std::mt19937_64& random,
                          std::uint64_t kills) {
  for (std::uint64_t kill = 0; kill < kills; ++kill) {
    const std::chrono::milliseconds life{random() % 6 == 0 ? 0 : 20 + random() % 600};
    std::this_thread::sleep_for(life);  // the moment of the crash, not a wait for something
    coordinator.kill();
    coordinator.start();
    load.coordinator_is_up(coordinator.http_port());
  }
}

std::map<std::string, std::vector<kit::seen_call>> by_gid(const std::vector<kit::seen_call>& ledger) {
  std::map<std::string, std::vector<kit::seen_call>> calls;
  for (const kit::seen_call& call : ledger) calls[call.gid].push_back(call);
  return calls;
}

std::string story(const std::vector<kit::seen_call>& calls) {
  std::string text;
  for (const auto& call : calls) text += " [" + call.op + " " + call.branch + " " + std::to_string(call.answered) + "]";
  return text;
}

struct tally {
  std::size_t acknowledged = 0;
  std::map<std::string, std::size_t> ends;
  std::size_t calls = 0;
};

tally check(const std::vector<submitted_saga>& sagas, const saga_load& load, std::uint16_t port) {
  std::map<std::string, std::string> ends;
  for (const submitted_saga& saga : sagas) {
    std::string& end = ends[saga.plan.gid];
    kit::eventually([&] { return is_final(end = status_of(port, saga.plan.gid)); }, 30s);
  }
  auto ledger = by_gid(load.service().ledger());
  tally count;
  for (const submitted_saga& saga : sagas) {
    const std::string& end = ends[saga.plan.gid];
    const auto& calls = ledger[saga.plan.gid];
    count.acknowledged += saga.said == promise::acknowledged ? 1 : 0;
    count.calls += calls.size();
    ++count.ends[end];
    if (end == "absent") {
      EXPECT_NE(saga.said, promise::acknowledged) << saga.plan.gid << " was acknowledged and is gone";
      EXPECT_TRUE(calls.empty()) << saga.plan.gid << " is unknown, but its branches were called:" << story(calls);
      continue;
    }
    EXPECT_EQ(check_ledger(saga.plan, end, calls), "") << saga.plan.gid << " (" << end << "):" << story(calls);
  }
  return count;
}

void crash_round(std::uint64_t seed, std::uint64_t kills) {
  SCOPED_TRACE("replay with TREATY_CRASH_SEED=" + std::to_string(seed) +
               " TREATY_CRASH_KILLS=" + std::to_string(kills));
  std::mt19937_64 random{seed};
  const kit::scratch_directory scratch;
  kit::treatyd_process coordinator{treatyd_binary(), scratch.path(), {.config = "RetryInterval: 1\nLogLevel: warn\n"}};
  saga_load load{seed, /*clients=*/4};
  coordinator.start();
  load.coordinator_is_up(coordinator.http_port());
  kill_again_and_again(coordinator, load, random, kills);
  const auto sagas = load.stop_clients();
  const tally count = check(sagas, load, coordinator.http_port());
  EXPECT_GT(count.acknowledged, 0u);
  std::cout << "seed " << seed << ": " << kills << " kills, " << sagas.size() << " sagas, " << count.acknowledged
            << " acknowledged, " << count.calls << " branch calls;";
  for (const auto& [end, number] : count.ends) std::cout << " " << end << " " << number;
  std::cout << "\n";
  if (::testing::Test::HasFailure()) std::cout << "the coordinator's log ends:\n" << coordinator.log_tail() << "\n";
}

// A client that was told "accepted" may rely on it, whatever happens to the machine: this is the product.
// TREATY_CRASH_KILLS (12 if unset) and TREATY_CRASH_SEED (random if unset) make longer runs, and the same run again.
TEST(Kill, EveryAcknowledgedSagaReachesAConsistentEnd) {
  std::uint64_t kills = from_environment("TREATY_CRASH_KILLS", 12);
  std::uint64_t seed = from_environment("TREATY_CRASH_SEED", std::random_device{}());
  // Rounds keep the ledger of a long run small.
  for (constexpr std::uint64_t round_max = 25; kills > 0 && !HasFailure(); ++seed) {
    const std::uint64_t now = std::min(kills, round_max);
    crash_round(seed, now);
    kills -= now;
  }
}

}  // namespace
}  // namespace treaty::crash
