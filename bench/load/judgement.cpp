#include "bench/load/judgement.hpp"

#include <algorithm>
#include <iterator>
#include <span>

namespace treaty::load {
namespace {

constexpr std::size_t readings_least = 12;
constexpr double growth_share = 0.05;
constexpr std::size_t calm_windows = 4;

double median(std::span<const double> of) {
  std::vector<double> sorted{of.begin(), of.end()};
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

}  // namespace

std::optional<flatness> flatness_of(const std::vector<double>& readings) {
  if (readings.size() < readings_least) return std::nullopt;
  const auto settled = std::span<const double>{readings}.subspan(readings.size() / 4);
  const std::size_t third = settled.size() / 3;
  flatness out;
  out.first = median(settled.first(third));
  out.last = median(settled.last(third));
  out.highest = *std::max_element(settled.begin(), settled.end());
  return out;
}

bool is_flat(const flatness& one, double slack) {
  return one.growth() <= std::max(slack, growth_share * one.first);
}

std::optional<std::int64_t> recovery_ns(const std::vector<window>& timeline, std::int64_t load_end,
                                        std::int64_t p99_limit) {
  std::size_t calm = 0;
  std::int64_t since = 0;
  for (const window& one : timeline) {
    if (one.from < load_end) continue;
    const bool is_calm = one.refused == 0 && one.finished > 0 && one.p99 <= p99_limit;
    if (is_calm && calm == 0) since = one.from;
    calm = is_calm ? calm + 1 : 0;
    if (calm == calm_windows) return since - load_end;
  }
  return std::nullopt;
}

}  // namespace treaty::load
