#pragma once

#include <string>
#include <vector>

#include "bench/load/figures.hpp"
#include "bench/load/generator.hpp"
#include "bench/load/options.hpp"

namespace treaty::load {

struct resident_at {
  std::string moment;
  double megabytes = 0;
};

struct load_report {
  load_options options;
  exchanges each;
  sample before;
  sample after;
  tally counts;
  call_faults faults;
  std::vector<resident_at> resident;   // profile refuse
  double stuck_calls_per_second = -1;  // profile refuse: branch calls while only stuck sagas are there; -1: not known
  double resident_peak_mb = 0;
  bool store_in_memory = false;

  double seconds() const { return static_cast<double>(after.at - before.at) / 1e9; }
  double per_second() const { return static_cast<double>(counts.finished) / seconds(); }
  costs cost() const { return costs_between(before, after, each, counts.finished); }
  bool correct() const { return faults.none() && counts.missing == 0 && counts.broken_connections == 0; }
};

void print_text(const load_report& report);
/// Throws std::runtime_error when the file cannot be written.
void write_json(const load_report& report, const std::string& file);

}  // namespace treaty::load
