#include "bench/load/compare.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace treaty::load {
namespace {

using nlohmann::json;

struct figure {
  const char* name;
  const char* path;  // in the report
  bool more_is_better;
};

constexpr std::array figures{
    figure{"finished a second", "/per_second", true},
    figure{"share of the floor", "/floor_share", true},
    figure{"start to last branch, p50 ns", "/latency_ns/start_to_last_branch/p50", false},
    figure{"start to last branch, p99 ns", "/latency_ns/start_to_last_branch/p99", false},
    figure{"start to last branch, p99.9 ns", "/latency_ns/start_to_last_branch/p99_9", false},
    figure{"start to answer, p50 ns", "/latency_ns/start_to_answer/p50", false},
    figure{"start to answer, p99 ns", "/latency_ns/start_to_answer/p99", false},
    figure{"start to answer, p99.9 ns", "/latency_ns/start_to_answer/p99_9", false},
    figure{"coordinator CPU each, us", "/coordinator/cpu_us_per_transaction", false},
    figure{"syncs each", "/coordinator/syncs_per_transaction", false},
    figure{"bytes handed to the store each", "/coordinator/stored_bytes_per_transaction", false},
    figure{"bytes written to the disk each", "/coordinator/disk_bytes_per_transaction", false},
    figure{"resident MB", "/coordinator/resident_mb", false},
    figure{"resident MB, peak", "/coordinator/resident_peak_mb", false},
    figure{"load's own CPU each, us", "/load/cpu_us_per_transaction", false},
};

std::optional<double> number_at(const json& report, const char* path) {
  const json::json_pointer at{path};
  if (!report.contains(at) || !report.at(at).is_number()) return std::nullopt;
  return report.at(at).get<double>();
}

}  // namespace

double compared_figure::worse_by() const {
  if (before == 0) return after == 0 || more_is_better ? 0 : 1;
  const double grown = (after - before) / before;
  return more_is_better ? -grown : grown;
}

std::vector<compared_figure> compare(const json& before, const json& after) {
  std::vector<compared_figure> out;
  for (const figure& one : figures) {
    const auto was = number_at(before, one.path);
    const auto is = number_at(after, one.path);
    if (was && is) out.push_back({one.name, *was, *is, one.more_is_better});
  }
  return out;
}

std::vector<std::string> differing_options(const json& before, const json& after) {
  std::vector<std::string> out;
  const json none = json::object();
  const json& was = before.contains("options") ? before["options"] : none;
  const json& is = after.contains("options") ? after["options"] : none;
  for (const auto& [name, value] : was.items())
    if (is.contains(name) && is[name] != value) out.push_back(name + ": " + value.dump() + ", then " + is[name].dump());
  return out;
}

}  // namespace treaty::load
