#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include "bench/load/latency.hpp"

namespace treaty::load {

/// What became of the transactions of one kind.
struct kind_tally {
  std::uint64_t finished = 0;
  latency_histogram to_end;  // from its start to its client's last answer or its last branch, whichever is later
};

/// First requests that the coordinator had no room for (429, RESOURCE_EXHAUSTED).
struct refusals {
  latency_histogram to_answer;
  std::uint64_t without_hint = 0;  // that did not say when to ask again
  std::int64_t hint_least_ms = 0;
  std::int64_t hint_most_ms = 0;
};

/// What a generator counted in one phase of a run. A transaction counts as finished in the phase in which it does.
/// Latencies: in a closed loop of what finished in the phase, in an open one of what began in it.
struct tally {
  std::uint64_t begun = 0;
  std::uint64_t finished = 0;
  latency_histogram to_answer;       // from the start to the answer of the last request
  latency_histogram to_last_branch;  // from the start to the call of the last branch
  refusals refused;
  std::vector<kind_tally> kinds;
  std::map<int, std::uint64_t> unexpected_answers;  // every answer with another status than expected
  std::uint64_t unsent = 0;                         // open loop: should have begun, and found no slot
  std::uint64_t broken_connections = 0;
  std::uint64_t missing = 0;  // transactions that were not completed when the drain limit had passed
  // This process stood still for more than a second, or was stopped: what was in flight then says nothing.
  std::uint64_t pauses = 0;
  std::int64_t paused_ns = 0;
  std::uint64_t interrupted = 0;  // transactions in flight meanwhile
};

/// What happened in one span of a run; latencies are those of transactions that finished in it.
struct window {
  std::int64_t from = 0;
  std::int64_t length = 0;
  std::uint64_t begun = 0;
  std::uint64_t finished = 0;
  std::uint64_t refused = 0;
  std::size_t in_flight = 0;  // at its end
  std::int64_t p50 = 0;
  std::int64_t p99 = 0;
  std::int64_t max = 0;
  bool paused = false;
};

/// Cuts a run into windows of equal length. Threads: the generator's.
class windows {
public:
  explicit windows(std::chrono::nanoseconds length) : length_{length.count()} {}
  /// Closes the window when its time is over.
  void advance(std::int64_t now, std::size_t in_flight);
  void note_begun() { ++open_.begun; }
  void note_refused() { ++open_.refused; }
  void note_finished(std::int64_t latency);
  void note_pause() { open_.paused = true; }
  const std::vector<window>& closed() const { return closed_; }

private:
  const std::int64_t length_;
  window open_;
  latency_histogram latencies_;
  std::vector<window> closed_;
};

}  // namespace treaty::load
