#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "bench/load/process.hpp"

namespace treaty::load {

/// Everything that was read at one moment; two of them make the figures of what lies between.
struct sample {
  std::int64_t at = 0;
  process_usage coordinator;
  std::int64_t load_cpu_ns = 0;  // of this process
  std::optional<std::int64_t> participants_cpu_ns;
  std::uint64_t participant_requests = 0;
  std::map<std::string, double> metrics;
};

/// What one transaction exchanges; of a mix the average.
struct exchanges {
  double requests = 0;      // of its client with the coordinator
  double branch_calls = 0;  // by the coordinator
  double client_calls = 0;  // by its client, to participants
  double of_coordinator() const { return requests + branch_calls; }
};

/// Costs of one transaction, in microseconds of CPU where nothing else is said; nothing where it could not be read.
struct costs {
  std::optional<double> coordinator;
  std::optional<double> coordinator_per_exchange;     // request or branch call
  std::optional<double> coordinator_per_branch_call;  // the same CPU, divided by the branch calls alone
  std::optional<double> cores;                        // of the coordinator, busy
  std::optional<double> syncs;
  std::optional<double> stored_bytes;  // handed to the store
  std::optional<double> disk_bytes;
  double load = 0;  // generator and participants
  std::optional<double> participants;
  std::optional<double> participants_per_request;
};

costs costs_between(const sample& before, const sample& after, const exchanges& each, std::uint64_t finished);

}  // namespace treaty::load
