#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "bench/load/latency.hpp"

namespace treaty::isolation {

enum class waits_for : bool { acceptance, result };

struct client_plan {
  std::uint16_t port = 0;  // of the coordinator
  std::string url;         // of both steps of each saga
  std::string name;        // begins each gid
  waits_for what = waits_for::result;
  double per_second = 100;   // over all clients
  std::size_t clients = 16;  // each with a connection of its own
};

/// Open loop: each client submits sagas of two steps at its moments, and is late for the next ones while it waits for
/// an answer; latency counts from the moment at which the saga should have been submitted.
class client_group {
public:
  explicit client_group(client_plan plan);
  client_group(const client_group&) = delete;
  client_group& operator=(const client_group&) = delete;
  ~client_group() { stop(); }

  /// What is submitted from now on counts.
  void measure() { measuring_ = true; }
  void stop();
  /// After `stop`.
  load::latency_histogram latency() const;
  std::uint64_t failures() const { return failures_; }

private:
  void run(std::size_t number);

  const client_plan plan_;
  std::atomic<bool> measuring_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> failures_{0};
  std::vector<std::vector<std::int64_t>> latencies_;  // of each client
  std::vector<std::thread> threads_;
};

}  // namespace treaty::isolation
