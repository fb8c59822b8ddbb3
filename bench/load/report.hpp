#pragma once

#include <map>
#include <string>

#include "bench/load/generator.hpp"
#include "bench/load/options.hpp"
#include "bench/load/process.hpp"

namespace treaty::load {

/// Everything that was read at one moment; two of them make the figures of what lies between.
struct sample {
  std::int64_t at = 0;
  process_usage coordinator;
  std::int64_t generator_cpu_ns = 0;
  std::int64_t participants_cpu_ns = 0;
  std::uint64_t participant_requests = 0;
  std::map<std::string, double> metrics;
};

struct resident_at {
  std::string moment;
  double megabytes = 0;
};

struct load_report {
  load_options options;
  sample before;
  sample after;
  tally counts;
  call_faults faults;
  std::vector<resident_at> resident;   // profile refuse
  double stuck_calls_per_second = -1;  // profile refuse: branch calls while only stuck sagas are there; -1: not known
  double resident_peak_mb = 0;
  bool store_in_memory = false;

  double seconds() const { return static_cast<double>(after.at - before.at) / 1e9; }
  bool correct() const { return faults.none() && counts.missing == 0 && counts.broken_connections == 0; }
};

void print_text(const load_report& report);
/// Throws std::runtime_error when the file cannot be written.
void write_json(const load_report& report, const std::string& file);

}  // namespace treaty::load
