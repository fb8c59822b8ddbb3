#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "bench/load/coordinator.hpp"
#include "bench/load/judgement.hpp"
#include "bench/load/measure.hpp"
#include "bench/load/runs.hpp"

namespace treaty::load {
namespace {

constexpr double rate_usual = 500;
enum phase : std::size_t { warming_up, soaking };

/// Retention at work all the time, on a store of the size that is configured.
std::string retention(const load_options& options) {
  return fmt::format("  FinishedDataExpire: {}\n", options.expire.count() / 1'000);
}

using figure = std::function<std::optional<double>(const reading&)>;

verdict stays_flat(const load_report& report, const char* what, const char* unit, double slack, const figure& of) {
  std::vector<double> series;
  for (const reading& one : report.readings) {
    const bool while_loaded = one.at >= report.before.at && one.at <= report.after.at;
    if (const auto value = while_loaded ? of(one) : std::nullopt) series.push_back(*value);
  }
  const auto flat = flatness_of(series);
  if (!flat) return {false, fmt::format("{}: too few readings", what)};
  return {is_flat(*flat, slack),
          fmt::format("{} stays flat: {:.0f}{} in the first third, {:.0f}{} in the last; {:.0f}{} at most", what,
                      flat->first, unit, flat->last, unit, flat->highest, unit)};
}

/// The cache fills, for hours perhaps, up to its configured limit: that would look like a leak, or hide one.
std::optional<double> beside_the_cache(const reading& at) {
  return at.process.resident_mb - at.cache_mb.value_or(0);
}

verdict removed_all_the_time(const sample& before, const sample& after) {
  const auto of = [](const sample& at, const char* metric) {
    const auto found = at.metrics.find(metric);
    return found == at.metrics.end() ? 0.0 : found->second;
  };
  const double finished =
      of(after, "treaty_transactions_finished_total") - of(before, "treaty_transactions_finished_total");
  const double expired =
      of(after, "treaty_transactions_expired_total") - of(before, "treaty_transactions_expired_total");
  return {expired >= finished / 4,
          fmt::format("retention works all the time: {:.0f} transactions finished, {:.0f} removed", finished, expired)};
}

verdict did_everything(const tally& counts) {
  const std::uint64_t refused = counts.refused.to_answer.count();
  return {refused + counts.unsent == 0,
          fmt::format("everything is taken: {} transactions begun, {} refused, {} not offered", counts.begun, refused,
                      counts.unsent)};
}

}  // namespace

load_report run_soak(const load_options& options) {
  load_report report{};
  report.options = options;
  report.options.rate = options.is_open_loop() ? options.rate : rate_usual;
  report.options.store_config = retention(options);
  const coordinator_under_load coordinator{report.options};
  world in{report.options, &coordinator};
  const auto span = options.duration / 200;  // so that even a short soak is read often enough
  watch_options watching = watch_of(coordinator);
  watching.metrics = coordinator.address();
  watching.every = std::clamp<std::chrono::milliseconds>(span, std::chrono::milliseconds{250}, std::chrono::seconds{5});
  run_phases(in, coordinator,
             {{"warm-up", report.options.rate, options.warm_up}, {"soak", report.options.rate, options.duration}},
             soaking, watching.every, watching, report);
  report.verdicts = {did_everything(report.counts),
                     removed_all_the_time(report.before, report.after),
                     stays_flat(report, "resident memory without the store's block cache", " MB", 16, beside_the_cache),
                     stays_flat(report, "open files", "", 64, [](const reading& at) { return at.process.open_files; }),
                     stays_flat(report, "room on the disk", " MB", 16, [](const reading& at) { return at.store_mb; }),
                     stays_flat(report, "finished transactions kept", "", report.options.rate,
                                [](const reading& at) { return at.records_kept; })};
  return report;
}

}  // namespace treaty::load
