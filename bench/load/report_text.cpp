#include <fmt/core.h>

#include <array>

#include "bench/load/report.hpp"

namespace treaty::load {
namespace {

void print_load(const load_report& report) {
  const load_options& options = report.options;
  const exchanges& each = report.each;
  fmt::print("{}: {}, {}; {}{}; {:.1f} s after {:.1f} s of warm-up\n", name_of(options.what), name_of(options.mix),
             name_of(options.protocol), pace_of(options), habits_of(options.habits), report.seconds(),
             static_cast<double>(options.warm_up.count()) / 1e3);
  fmt::print("  {:<22} {:.3g} requests to the coordinator, {:.3g} branch calls by it, {:.3g} by the client\n",
             "each transaction", each.requests, each.branch_calls, each.client_calls);
  fmt::print("  {:<22} {} transactions, {:.0f} a second\n", "finished", report.counts.finished, report.per_second());
  if (const auto share = report.floor_share())
    fmt::print("  {:<22} {:.1f} % of {:.0f} a second, measured just before\n", "share of the floor", 100 * *share,
               *report.floor_per_second);
}

void print_latency(const char* label, const latency_histogram& of) {
  if (of.count() == 0) return;
  fmt::print("  {:<22} p50 {:.2f}  p90 {:.2f}  p99 {:.2f}  p99.9 {:.2f}  max {:.2f} ms\n", label,
             milliseconds(of.at(0.5)), milliseconds(of.at(0.9)), milliseconds(of.at(0.99)), milliseconds(of.at(0.999)),
             milliseconds(of.max()));
}

void print_kinds(const load_report& report) {
  if (report.options.mix.size() < 2) return;
  for (std::size_t i = 0; i < report.counts.kinds.size(); ++i)
    print_latency(name_of(report.options.mix[i].form).c_str(), report.counts.kinds[i].to_end);
}

void print_open_loop(const tally& counts) {
  const latency_histogram& refused = counts.refused.to_answer;
  if (counts.unsent > 0)
    fmt::print("  {:<22} {} transactions should have begun and found no free slot\n", "NOT OFFERED", counts.unsent);
  if (refused.count() > 0)
    fmt::print("  {:<22} {} at once, p50 {:.2f}  p99 {:.2f} ms; {} without a hint when to ask again\n", "refused",
               refused.count(), milliseconds(refused.at(0.5)), milliseconds(refused.at(0.99)),
               counts.refused.without_hint);
  if (counts.pauses > 0)
    fmt::print("  {:<22} {} times, {:.1f} s: this process stood still; {} transactions in flight are left out\n",
               "paused", counts.pauses, static_cast<double>(counts.paused_ns) / 1e9, counts.interrupted);
}

void print_coordinator(const load_report& report, const costs& cost) {
  if (cost.coordinator) {
    fmt::print("  {:<22} {:.1f} us CPU a transaction", "coordinator", *cost.coordinator);
    if (cost.coordinator_per_exchange) fmt::print(", {:.1f} an exchange", *cost.coordinator_per_exchange);
    if (cost.coordinator_per_branch_call) fmt::print(", {:.1f} a branch call", *cost.coordinator_per_branch_call);
    fmt::print(" ({:.0f} % of a core), resident {:.0f} MB (peak {:.0f})\n", 100 * cost.cores.value_or(0),
               report.after.coordinator.resident_mb, report.resident_peak_mb);
  }
  if (cost.syncs) fmt::print("  {:<22} {:.4f} syncs a transaction\n", "store", *cost.syncs);
  if (cost.stored_bytes) fmt::print("  {:<22} {:.0f} bytes a transaction\n", "handed to the store", *cost.stored_bytes);
  if (cost.disk_bytes) fmt::print("  {:<22} {:.0f} bytes a transaction\n", "written to the disk", *cost.disk_bytes);
}

void print_costs(const load_report& report) {
  const costs cost = report.cost();
  print_coordinator(report, cost);
  fmt::print("  {:<22} {:.1f} us CPU a transaction", "load", cost.load);
  if (cost.participants) fmt::print(", of that participants {:.1f}", *cost.participants);
  if (cost.participants_per_request) fmt::print(" ({:.2f} a request)", *cost.participants_per_request);
  fmt::print("\n");
}

void print_phases(const load_report& report) {
  for (const phase_report& one : report.phases) {
    const tally& counts = one.counts;
    fmt::print("  {:<22} {:.1f} s, {:.0f} offered a second, {:.0f} finished a second, {:.0f} refused a second\n",
               one.name, one.seconds, static_cast<double>(counts.begun) / one.seconds,
               static_cast<double>(counts.finished) / one.seconds,
               static_cast<double>(counts.refused.to_answer.count()) / one.seconds);
    print_latency("  start to last branch", counts.to_last_branch);
    print_latency("  start to answer", counts.to_answer);
    print_open_loop(counts);
  }
}

void print_checks(const load_report& report) {
  const call_faults& faults = report.faults;
  for (const verdict& one : report.verdicts)
    fmt::print("  {:<22} {}\n", one.held ? "holds" : "DOES NOT HOLD", one.text);
  fmt::print(
      "  {:<22} duplicates {}, out of order {}, unexpected {}, malformed {}, missing {}, connections broken {}\n",
      report.correct() ? "checks passed" : "CHECKS FAILED", faults.duplicates, faults.out_of_order, faults.unexpected,
      faults.malformed, report.clients.missing, report.clients.broken_connections);
  for (const auto& [status, count] : report.clients.unexpected_answers)
    fmt::print("  {:<22} status {}: {} times\n", "refused requests", status, count);
  if (report.store_in_memory) fmt::print("  NOTE: the store's directory lies in memory, syncs cost nothing there\n");
}

}  // namespace

void print_text(const load_report& report) {
  print_load(report);
  if (report.phases.empty()) {
    print_latency("start to last branch", report.counts.to_last_branch);
    print_latency("start to answer", report.counts.to_answer);
    print_kinds(report);
    print_open_loop(report.counts);
  }
  print_phases(report);
  print_costs(report);
  for (const resident_at& one : report.resident)
    fmt::print("  {:<22} {:.0f} MB {}\n", "resident", one.megabytes, one.moment);
  if (report.stuck_calls_per_second >= 0)
    fmt::print("  {:<22} {:.0f} calls a second of stuck branches\n", "retries", report.stuck_calls_per_second);
  print_checks(report);
}

}  // namespace treaty::load
