#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/load/figures.hpp"
#include "bench/load/generator.hpp"
#include "bench/load/options.hpp"
#include "bench/load/watch.hpp"

namespace treaty::load {

struct resident_at {
  std::string moment;
  double megabytes = 0;
};

/// One phase of a run that has several.
struct phase_report {
  std::string name;
  double rate = 0;  // that was offered
  double seconds = 0;
  tally counts;
};

/// What a run was to show, and whether it did.
struct verdict {
  bool held = false;
  std::string text;
};

/// What went wrong on the clients' side, over all phases.
struct client_faults {
  std::uint64_t missing = 0;
  std::uint64_t broken_connections = 0;
  std::uint64_t interrupted = 0;  // transactions in flight while this process stood still
  std::map<int, std::uint64_t> unexpected_answers;
  client_faults& operator+=(const tally& counts);
};

struct load_report {
  load_options options;
  exchanges each;
  sample before;
  sample after;
  tally counts;  // between `before` and `after`
  client_faults clients;
  call_faults faults;
  std::vector<phase_report> phases;    // of a run that has several
  std::vector<verdict> verdicts;       // profiles overload and soak
  std::vector<resident_at> resident;   // profile refuse
  double stuck_calls_per_second = -1;  // profile refuse: branch calls while only stuck sagas are there; -1: not known
  double resident_peak_mb = 0;
  bool store_in_memory = false;
  std::optional<double> floor_per_second;  // measured just before
  std::vector<window> timeline;
  std::vector<reading> readings;

  double seconds() const { return static_cast<double>(after.at - before.at) / 1e9; }
  double per_second() const { return static_cast<double>(counts.finished) / seconds(); }
  std::optional<double> floor_share() const;
  costs cost() const { return costs_between(before, after, each, counts.finished); }
  /// Everything that was to be shown was, and no call or answer was wrong. What was in flight while this process stood
  /// still may have been repeated by a coordinator that ran into its time limits, and is let pass.
  bool correct() const;
};

std::string_view name_of(profile what);
std::string_view name_of(wire_protocol protocol);
/// "saga", or "saga x5, message x2" for a mix.
std::string name_of(const std::vector<mixed_form>& mix);
/// How transactions begin, in words; how participants behave, "" when as usual.
std::string pace_of(const load_options& options);
std::string habits_of(const participant_habits& habits);
double milliseconds(std::int64_t nanoseconds);

void print_text(const load_report& report);
/// These throw std::runtime_error when the file cannot be written.
void write_json(const load_report& report, const std::string& file);
void write_html(const load_report& report, const std::string& file);

}  // namespace treaty::load
