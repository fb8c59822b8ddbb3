#include "bench/load/report.hpp"

#include <fmt/core.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace treaty::load {
namespace {

constexpr std::array quantiles{0.5, 0.9, 0.99, 0.999};

std::string_view name(mode of) {
  switch (of) {
    case mode::saga:
      return "saga";
    case mode::message:
      return "message";
    case mode::tcc:
      return "tcc";
    case mode::workflow:
      return "workflow";
  }
  return "";
}

std::string_view name(profile what) {
  switch (what) {
    case profile::closed_loop:
      return "closed loop";
    case profile::floor:
      return "floor";
    case profile::refuse:
      return "refuse";
  }
  return "";
}

std::string_view name(wire_protocol protocol) {
  return protocol == wire_protocol::http ? "http" : "grpc";
}

void print_load(const load_report& report) {
  const load_options& options = report.options;
  const exchanges& each = report.each;
  fmt::print("{} {}, {}: {} branches, {}, {}{}, {} in flight, {:.1f} s after {:.1f} s of warm-up\n", name(options.what),
             name(options.of), name(options.protocol), options.branches,
             options.order == branch_order::serial ? "serial" : "concurrent",
             options.outcome == outcome::commit ? "committing" : "rolling back",
             options.wait_result ? ", waiting for the result" : "", options.in_flight, report.seconds(),
             static_cast<double>(options.warm_up.count()) / 1e3);
  fmt::print("  {:<22} {} requests to the coordinator, {} branch calls by it, {} by the client\n", "each transaction",
             each.requests, each.branch_calls, each.client_calls);
  fmt::print("  {:<22} {} transactions, {:.0f} a second\n", "finished", report.counts.finished, report.per_second());
}

void print_latency(const char* label, const latency_histogram& of) {
  if (of.count() == 0) return;
  const auto ms = [](std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; };
  fmt::print("  {:<22} p50 {:.2f}  p90 {:.2f}  p99 {:.2f}  p99.9 {:.2f}  max {:.2f} ms\n", label,
             ms(of.at(quantiles[0])), ms(of.at(quantiles[1])), ms(of.at(quantiles[2])), ms(of.at(quantiles[3])),
             ms(of.max()));
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

void print_checks(const load_report& report) {
  const call_faults& faults = report.faults;
  fmt::print(
      "  {:<22} duplicates {}, out of order {}, unexpected {}, malformed {}, missing {}, connections broken {}\n",
      report.correct() ? "checks passed" : "CHECKS FAILED", faults.duplicates, faults.out_of_order, faults.unexpected,
      faults.malformed, report.counts.missing, report.counts.broken_connections);
  for (const auto& [status, count] : report.counts.refused)
    fmt::print("  {:<22} status {}: {} times\n", "refused requests", status, count);
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

nlohmann::json to_json(const std::optional<double>& figure) {
  return figure ? nlohmann::json(*figure) : nlohmann::json(nullptr);
}

nlohmann::json options_json(const load_options& options) {
  return {{"profile", name(options.what)},
          {"transactions", name(options.of)},
          {"protocol", name(options.protocol)},
          {"branches", options.branches},
          {"concurrent", options.order == branch_order::concurrent},
          {"rollback", options.outcome == outcome::rollback},
          {"wait_result", options.wait_result},
          {"payload_bytes", options.payload_bytes},
          {"in_flight", options.in_flight},
          {"participant_threads", options.participant_threads}};
}

nlohmann::json coordinator_json(const load_report& report, const costs& cost) {
  return {{"cpu_us_per_transaction", to_json(cost.coordinator)},
          {"cpu_us_per_exchange", to_json(cost.coordinator_per_exchange)},
          {"cpu_us_per_branch_call", to_json(cost.coordinator_per_branch_call)},
          {"syncs_per_transaction", to_json(cost.syncs)},
          {"stored_bytes_per_transaction", to_json(cost.stored_bytes)},
          {"disk_bytes_per_transaction", to_json(cost.disk_bytes)},
          {"resident_mb", report.after.coordinator.resident_mb},
          {"resident_peak_mb", report.resident_peak_mb},
          {"store_in_memory", report.store_in_memory}};
}

nlohmann::json checks_json(const load_report& report) {
  nlohmann::json refused = nlohmann::json::object();
  for (const auto& [status, count] : report.counts.refused) refused[std::to_string(status)] = count;
  return {{"correct", report.correct()},
          {"duplicates", report.faults.duplicates},
          {"out_of_order", report.faults.out_of_order},
          {"unexpected", report.faults.unexpected},
          {"malformed", report.faults.malformed},
          {"missing", report.counts.missing},
          {"broken_connections", report.counts.broken_connections},
          {"refused_requests", refused}};
}

}  // namespace

void print_text(const load_report& report) {
  print_load(report);
  print_latency("start to last branch", report.counts.to_last_branch);
  print_latency("start to answer", report.counts.to_answer);
  print_costs(report);
  for (const resident_at& one : report.resident)
    fmt::print("  {:<22} {:.0f} MB {}\n", "resident", one.megabytes, one.moment);
  if (report.stuck_calls_per_second >= 0)
    fmt::print("  {:<22} {:.0f} calls a second of stuck branches\n", "retries", report.stuck_calls_per_second);
  print_checks(report);
}

void write_json(const load_report& report, const std::string& file) {
  const costs cost = report.cost();
  nlohmann::json resident = nlohmann::json::object();
  for (const resident_at& one : report.resident) resident[one.moment] = one.megabytes;
  const nlohmann::json all{
      {"options", options_json(report.options)},
      {"each_transaction",
       {{"requests", report.each.requests},
        {"branch_calls", report.each.branch_calls},
        {"client_calls", report.each.client_calls}}},
      {"seconds", report.seconds()},
      {"finished", report.counts.finished},
      {"per_second", report.per_second()},
      {"latency_ns",
       {{"start_to_last_branch", to_json(report.counts.to_last_branch)},
        {"start_to_answer", to_json(report.counts.to_answer)}}},
      {"coordinator", coordinator_json(report, cost)},
      {"load",
       {{"cpu_us_per_transaction", cost.load},
        {"participants_cpu_us_per_transaction", to_json(cost.participants)},
        {"participants_cpu_us_per_request", to_json(cost.participants_per_request)}}},
      {"refuse", {{"resident_mb", resident}, {"stuck_calls_per_second", report.stuck_calls_per_second}}},
      {"checks", checks_json(report)}};
  std::ofstream out{file};
  out << all.dump(2) << "\n";
  if (!out.flush()) throw std::runtime_error{"cannot write " + file};
}

}  // namespace treaty::load
