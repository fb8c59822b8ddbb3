#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bench/load/process.hpp"
#include "bench/load/sockets.hpp"

namespace treaty::load {

/// What was read of the coordinator at one moment of a run.
struct reading {
  std::int64_t at = 0;
  process_usage process;
  std::optional<double> store_mb;      // room that its directory takes on the disk
  std::optional<double> records_kept;  // finished transactions that retention has not removed
  std::optional<double> in_flight;     // transactions in its memory
  std::optional<double> cache_mb;      // the store's block cache, which fills up to its limit and stays there
};

/// What to read, besides the process.
struct watch_options {
  int pid = 0;
  std::string directory{};                         // of the store; empty: unknown
  std::optional<endpoint> metrics = std::nullopt;  // nothing: not read, for that costs the coordinator a little
  std::chrono::milliseconds every{500};
};

/// Reads, on a thread of its own, until it is stopped.
class watch {
public:
  explicit watch(watch_options options);
  watch(const watch&) = delete;
  watch& operator=(const watch&) = delete;
  ~watch();
  /// Ends the thread, and returns everything that it read.
  std::vector<reading> stop();

private:
  void run();
  reading read() const;

  const watch_options options_;
  poller alarm_;
  std::vector<reading> readings_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace treaty::load
