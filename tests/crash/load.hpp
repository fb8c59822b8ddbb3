#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/crash/ledger_rules.hpp"
#include "tests/kit/participant.hpp"

namespace treaty::crash {

/// What the coordinator said to a submit.
enum class promise : std::uint8_t { unknown, acknowledged, refused };
struct submitted_saga {
  planned_saga plan;
  promise said = promise::unknown;
};

/// Clients that submit sagas of all kinds (committing, refused at some step, slow, failing at first; serial and
/// concurrent; waiting for the result and not) and the business service that these call. Seeded: the same seed makes
/// the same sagas.
class saga_load {
public:
  saga_load(std::uint64_t seed, std::size_t clients);
  saga_load(const saga_load&) = delete;
  saga_load& operator=(const saga_load&) = delete;
  ~saga_load();

  /// The coordinator serves on `port` from now on.
  void coordinator_is_up(std::uint16_t port);
  /// Ends the clients; the service goes on. Returns all that was submitted.
  std::vector<submitted_saga> stop_clients();
  const kit::participant& service() const { return service_; }

private:
  void run_client(std::uint64_t seed, std::size_t number);
  std::string make_saga(std::mt19937_64& random, const std::string& gid, planned_saga& plan);
  void script_service();
  bool first_time(const kit::seen_call& call);
  bool await_next_life(std::uint64_t seen_life);

  kit::participant service_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint16_t port_ = 0;
  std::uint64_t life_ = 0;
  bool stopping_ = false;
  std::set<std::string> seen_once_;
  std::vector<submitted_saga> submitted_;
  std::vector<std::thread> clients_;
};

}  // namespace treaty::crash
