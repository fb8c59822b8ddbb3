#include "bench/load/report.hpp"

#include <fmt/core.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

namespace treaty::load {
namespace {

constexpr std::array quantiles{0.5, 0.9, 0.99, 0.999};
constexpr const char* sync_metric = "treaty_store_syncs_total";

/// Figures of one transaction; nothing when they could not be read.
struct per_saga {
  std::optional<double> coordinator_us;
  std::optional<double> syncs;
  double generator_us = 0;
  double participants_us = 0;
  double participant_request_us = 0;
};

per_saga divide(const load_report& report) {
  per_saga out;
  const double finished = std::max<double>(1, static_cast<double>(report.counts.finished));
  const double cpu = report.after.coordinator.cpu_seconds - report.before.coordinator.cpu_seconds;
  if (report.after.coordinator.resident_mb > 0) out.coordinator_us = cpu * 1e6 / finished;
  const auto begin = report.before.metrics.find(sync_metric);
  const auto end = report.after.metrics.find(sync_metric);
  if (begin != report.before.metrics.end() && end != report.after.metrics.end())
    out.syncs = (end->second - begin->second) / finished;
  const auto participants = static_cast<double>(report.after.participants_cpu_ns - report.before.participants_cpu_ns);
  const auto requests = static_cast<double>(report.after.participant_requests - report.before.participant_requests);
  out.generator_us =
      static_cast<double>(report.after.generator_cpu_ns - report.before.generator_cpu_ns) / 1e3 / finished;
  out.participants_us = participants / 1e3 / finished;
  out.participant_request_us = requests > 0 ? participants / 1e3 / requests : 0;
  return out;
}

std::string_view name(profile what) {
  switch (what) {
    case profile::saga:
      return "saga";
    case profile::floor:
      return "floor";
    case profile::refuse:
      return "refuse";
  }
  return "";
}

void print_latency(const char* label, const latency_histogram& of) {
  if (of.count() == 0) return;
  const auto ms = [](std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; };
  fmt::print("  {:<22} p50 {:.2f}  p90 {:.2f}  p99 {:.2f}  p99.9 {:.2f}  max {:.2f} ms\n", label,
             ms(of.at(quantiles[0])), ms(of.at(quantiles[1])), ms(of.at(quantiles[2])), ms(of.at(quantiles[3])),
             ms(of.max()));
}

void print_costs(const load_report& report) {
  const per_saga each = divide(report);
  if (each.coordinator_us) {
    const double cpu = report.after.coordinator.cpu_seconds - report.before.coordinator.cpu_seconds;
    fmt::print("  {:<22} {:.1f} us CPU a saga ({:.0f} % of a core), resident {:.0f} MB (peak {:.0f})\n", "coordinator",
               *each.coordinator_us, 100 * cpu / report.seconds(), report.after.coordinator.resident_mb,
               report.resident_peak_mb);
  }
  if (each.syncs) fmt::print("  {:<22} {:.4f} a saga\n", "store syncs", *each.syncs);
  fmt::print("  {:<22} generator {:.1f} us CPU a saga, participants {:.1f} ({:.2f} a request)\n", "load",
             each.generator_us, each.participants_us, each.participant_request_us);
}

void print_checks(const load_report& report) {
  const call_faults& faults = report.faults;
  fmt::print(
      "  {:<22} duplicates {}, out of order {}, unexpected {}, malformed {}, missing {}, connections broken {}\n",
      report.correct() ? "checks passed" : "CHECKS FAILED", faults.duplicates, faults.out_of_order, faults.unexpected,
      faults.malformed, report.counts.missing, report.counts.broken_connections);
  for (const auto& [status, count] : report.counts.refused)
    fmt::print("  {:<22} status {}: {} times\n", "refused submits", status, count);
  if (report.store_in_memory) fmt::print("  NOTE: the store's directory lies in memory, syncs cost nothing there\n");
}

nlohmann::json to_json(const latency_histogram& of) {
  if (of.count() == 0) return nullptr;
  return {{"p50", of.at(quantiles[0])},
          {"p90", of.at(quantiles[1])},
          {"p99", of.at(quantiles[2])},
          {"p99_9", of.at(quantiles[3])},
          {"max", of.max()},
          {"mean", of.mean()},
          {"count", of.count()}};
}

nlohmann::json options_json(const load_options& options) {
  return {{"profile", name(options.what)},
          {"branches", options.branches},
          {"concurrent", options.order == saga_order::concurrent},
          {"rollback", options.outcome == saga_outcome::rollback},
          {"wait_result", options.wait_result},
          {"payload_bytes", options.payload_bytes},
          {"in_flight", options.in_flight},
          {"participant_threads", options.participant_threads}};
}

nlohmann::json to_json(const std::optional<double>& figure) {
  return figure ? nlohmann::json(*figure) : nlohmann::json(nullptr);
}

}  // namespace

void print_text(const load_report& report) {
  const load_options& options = report.options;
  fmt::print("{}: {} branches, {}, {}{}, {} in flight, {:.1f} s after {:.1f} s of warm-up\n", name(options.what),
             options.branches, options.order == saga_order::serial ? "serial" : "concurrent",
             options.outcome == saga_outcome::commit ? "committing" : "rolling back",
             options.wait_result ? ", waiting for the result" : "", options.in_flight, report.seconds(),
             static_cast<double>(options.warm_up.count()) / 1e3);
  fmt::print("  {:<22} {} sagas, {:.0f} a second\n", "finished", report.counts.finished,
             static_cast<double>(report.counts.finished) / report.seconds());
  print_latency("submit to last branch", report.counts.to_last_branch);
  print_latency("submit to answer", report.counts.to_answer);
  print_costs(report);
  for (const resident_at& one : report.resident)
    fmt::print("  {:<22} {:.0f} MB {}\n", "resident", one.megabytes, one.moment);
  if (report.stuck_calls_per_second >= 0)
    fmt::print("  {:<22} {:.0f} calls a second of stuck branches\n", "retries", report.stuck_calls_per_second);
  print_checks(report);
}

void write_json(const load_report& report, const std::string& file) {
  const per_saga each = divide(report);
  nlohmann::json resident = nlohmann::json::object();
  for (const resident_at& one : report.resident) resident[one.moment] = one.megabytes;
  nlohmann::json refused = nlohmann::json::object();
  for (const auto& [status, count] : report.counts.refused) refused[std::to_string(status)] = count;
  const nlohmann::json all{
      {"options", options_json(report.options)},
      {"seconds", report.seconds()},
      {"finished", report.counts.finished},
      {"per_second", static_cast<double>(report.counts.finished) / report.seconds()},
      {"latency_ns",
       {{"submit_to_last_branch", to_json(report.counts.to_last_branch)},
        {"submit_to_answer", to_json(report.counts.to_answer)}}},
      {"coordinator",
       {{"cpu_us_per_saga", to_json(each.coordinator_us)},
        {"syncs_per_saga", to_json(each.syncs)},
        {"resident_mb", report.after.coordinator.resident_mb},
        {"resident_peak_mb", report.resident_peak_mb},
        {"store_in_memory", report.store_in_memory}}},
      {"load",
       {{"generator_cpu_us_per_saga", each.generator_us},
        {"participants_cpu_us_per_saga", each.participants_us},
        {"participants_cpu_us_per_request", each.participant_request_us}}},
      {"refuse", {{"resident_mb", resident}, {"stuck_calls_per_second", report.stuck_calls_per_second}}},
      {"checks",
       {{"correct", report.correct()},
        {"duplicates", report.faults.duplicates},
        {"out_of_order", report.faults.out_of_order},
        {"unexpected", report.faults.unexpected},
        {"malformed", report.faults.malformed},
        {"missing", report.counts.missing},
        {"broken_connections", report.counts.broken_connections},
        {"refused_submits", refused}}}};
  std::ofstream out{file};
  out << all.dump(2) << "\n";
  if (!out.flush()) throw std::runtime_error{"cannot write " + file};
}

}  // namespace treaty::load
