#include "bench/load/report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace treaty::load {

client_faults& client_faults::operator+=(const tally& counts) {
  missing += counts.missing;
  broken_connections += counts.broken_connections;
  interrupted += counts.interrupted;
  for (const auto& [status, count] : counts.unexpected_answers) unexpected_answers[status] += count;
  return *this;
}

bool load_report::correct() const {
  const bool shown = std::all_of(verdicts.begin(), verdicts.end(), [](const verdict& one) { return one.held; });
  const bool repeated = faults.duplicates + faults.unexpected + clients.broken_connections > 2 * clients.interrupted;
  return shown && !repeated && faults.out_of_order + faults.malformed + clients.missing == 0;
}

std::optional<double> load_report::floor_share() const {
  return floor_per_second ? std::optional{per_second() / *floor_per_second} : std::nullopt;
}

std::string_view name_of(profile what) {
  switch (what) {
    case profile::transactions:
      return "transactions";
    case profile::floor:
      return "floor";
    case profile::refuse:
      return "refuse";
    case profile::overload:
      return "overload";
    case profile::soak:
      return "soak";
  }
  return "";
}

std::string_view name_of(wire_protocol protocol) {
  return protocol == wire_protocol::http ? "http" : "grpc";
}

std::string name_of(const std::vector<mixed_form>& mix) {
  std::string text;
  for (const mixed_form& one : mix) {
    if (!text.empty()) text += ", ";
    text += name_of(one.form);
    if (mix.size() > 1) text += " x" + std::to_string(one.weight);
  }
  return text;
}

std::string pace_of(const load_options& options) {
  if (!options.is_open_loop()) return fmt::format("closed loop of {} in flight", options.in_flight);
  return fmt::format("open loop of {:.0f} a second", options.rate);
}

std::string habits_of(const participant_habits& habits) {
  std::string text;
  if (habits.latency.count() > 0) text += fmt::format(", participants answer after {} ms", habits.latency.count());
  if (habits.trouble_share > 0) text += fmt::format(", {:.3g} % troubles", 100 * habits.trouble_share);
  if (habits.ongoing_share > 0) text += fmt::format(", {:.3g} % ongoing", 100 * habits.ongoing_share);
  return text;
}

double milliseconds(std::int64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e6;
}

}  // namespace treaty::load
