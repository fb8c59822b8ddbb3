#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>

#include "bench/load/coordinator.hpp"
#include "bench/load/judgement.hpp"
#include "bench/load/measure.hpp"
#include "bench/load/runs.hpp"

namespace treaty::load {
namespace {

constexpr double normal_share = 0.6;  // of the capacity
constexpr std::size_t in_flight_at_most = 100'000;
constexpr std::chrono::milliseconds window_length{250};
constexpr std::chrono::seconds settling{3};
constexpr std::chrono::seconds recovery_watched{12};
constexpr std::chrono::seconds recovery_limit{10};
enum phase : std::size_t { warming_up, normal, overload, afterwards };

/// What the coordinator, with these participants, can do at most: clients that wait for their transactions.
double capacity_of(const coordinator_under_load& coordinator, load_options options) {
  load_report measured{};
  measured.options = options;
  measure_against(coordinator, measured);
  return measured.per_second();
}

/// The admitted ones may be slower than on a normal day by half, and by what `Limits.CallWaitMax` lets each call of a
/// burst wait, no more.
std::int64_t latency_limit(const load_report& report) {
  constexpr std::int64_t call_wait_max = 250'000'000;
  const std::int64_t normal_p99 = report.phases[normal].counts.to_last_branch.at(0.99);
  std::size_t calls = 0;
  for (const mixed_form& one : report.options.mix) calls = std::max(calls, branches_of(one.form));
  return normal_p99 + normal_p99 / 2 + call_wait_max * static_cast<std::int64_t>(calls);
}

verdict offered_enough(const load_report& report, double capacity) {
  const phase_report& over = report.phases[overload];
  const double offered = static_cast<double>(over.counts.begun) / over.seconds;
  return {offered >= 0.95 * report.options.overload * capacity,
          fmt::format("{:.1f} times the capacity was offered: {:.0f} of {:.0f} a second", offered / capacity, offered,
                      capacity)};
}

verdict kept_its_latency(const load_report& report) {
  const std::int64_t usual = report.phases[normal].counts.to_last_branch.at(0.99);
  const std::int64_t over = report.phases[overload].counts.to_last_branch.at(0.99);
  return {over <= latency_limit(report),
          fmt::format("admitted work keeps its latency: p99 {:.0f} ms, {:.0f} ms on a normal day", milliseconds(over),
                      milliseconds(usual))};
}

verdict did_its_work(const load_report& report, double capacity) {
  const phase_report& over = report.phases[overload];
  const double done = static_cast<double>(over.counts.finished) / over.seconds;
  return {done >= 0.8 * capacity, fmt::format("it goes on working: {:.0f} finished a second, {:.0f} % of the capacity",
                                              done, 100 * done / capacity)};
}

verdict refused_politely(const load_report& report) {
  const tally& over = report.phases[overload].counts;
  std::uint64_t answers = 0;
  for (const auto& [status, count] : over.unexpected_answers) answers += count;
  const std::uint64_t refused = over.refused.to_answer.count();
  return {refused > 0 && answers == refused && over.refused.without_hint == 0,
          fmt::format("the rest is refused, told when to come back ({} to {} ms): {} of {}, with a hint {}",
                      over.refused.hint_least_ms, over.refused.hint_most_ms, refused, answers,
                      refused - over.refused.without_hint)};
}

verdict stayed_small(const load_report& report) {
  return {report.resident_peak_mb <= report.options.memory_limit_mb,
          fmt::format("resident memory stays under {:.0f} MB: {:.0f} at most", report.options.memory_limit_mb,
                      report.resident_peak_mb)};
}

verdict recovered(const load_report& report) {
  const std::int64_t load_end = report.after.at;
  const std::int64_t limit = latency_limit(report);
  const auto took = recovery_ns(report.timeline, load_end, limit);
  if (!took) return {false, "latency was not back to normal when the run ended"};
  return {*took < std::chrono::nanoseconds{recovery_limit}.count(),
          fmt::format("latency is back to normal {:.2f} s after the load ends", milliseconds(*took) / 1e3)};
}

}  // namespace

load_report run_overload(const load_options& options) {
  load_report report{};
  report.options = options;
  const coordinator_under_load coordinator{options};
  const double capacity = capacity_of(coordinator, options);
  if (capacity <= 0) throw std::runtime_error{"no transaction finished while the capacity was measured"};
  report.options.rate = options.overload * capacity;
  report.options.in_flight = in_flight_at_most;
  world in{report.options, &coordinator};
  const double usual = normal_share * capacity;
  run_phases(in, coordinator,
             {{"warm-up", usual, settling},
              {"normal: 60 %", usual, options.duration / 2},
              {"overload", report.options.rate, options.duration},
              {"afterwards: 60 %", usual, recovery_watched}},
             overload, window_length, watch_of(coordinator), report);
  report.verdicts = {offered_enough(report, capacity), kept_its_latency(report), did_its_work(report, capacity),
                     refused_politely(report),         stayed_small(report),     recovered(report)};
  return report;
}

}  // namespace treaty::load
