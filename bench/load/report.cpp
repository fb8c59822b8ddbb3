#include "bench/load/report.hpp"

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

double milliseconds(std::int64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e6;
}

}  // namespace treaty::load
