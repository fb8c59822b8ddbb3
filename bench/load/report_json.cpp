#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/load/report.hpp"

namespace treaty::load {
namespace {

using nlohmann::json;

constexpr std::array quantiles{0.0,   0.25,   0.5,   0.75,   0.9,    0.95,    0.975,   0.99,
                               0.995, 0.9975, 0.999, 0.9995, 0.9999, 0.99999, 0.999999};

json to_json(const latency_histogram& of) {
  if (of.count() == 0) return nullptr;
  json curve = json::array();
  for (const double quantile : quantiles) curve.push_back({quantile, of.at(quantile)});
  return {{"p50", of.at(0.5)}, {"p90", of.at(0.9)}, {"p99", of.at(0.99)},  {"p99_9", of.at(0.999)},
          {"max", of.max()},   {"mean", of.mean()}, {"count", of.count()}, {"curve", curve}};
}

json to_json(const std::optional<double>& figure) {
  return figure ? json(*figure) : json(nullptr);
}

json options_json(const load_options& options) {
  return {{"profile", name_of(options.what)},
          {"transactions", name_of(options.mix)},
          {"protocol", name_of(options.protocol)},
          {"rate", options.rate},
          {"payload_bytes", options.payload_bytes},
          {"in_flight", options.in_flight},
          {"config", options.config},
          {"participant_threads", options.participant_threads},
          {"participant_latency_ms", options.habits.latency.count()},
          {"participant_trouble_share", options.habits.trouble_share},
          {"participant_ongoing_share", options.habits.ongoing_share}};
}

json coordinator_json(const load_report& report, const costs& cost) {
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

json checks_json(const load_report& report) {
  json unexpected = json::object();
  for (const auto& [status, count] : report.clients.unexpected_answers) unexpected[std::to_string(status)] = count;
  return {{"correct", report.correct()},
          {"duplicates", report.faults.duplicates},
          {"out_of_order", report.faults.out_of_order},
          {"unexpected", report.faults.unexpected},
          {"malformed", report.faults.malformed},
          {"missing", report.clients.missing},
          {"broken_connections", report.clients.broken_connections},
          {"refused_requests", unexpected}};
}

json to_json(const tally& counts, const std::vector<mixed_form>& mix) {
  json kinds = json::object();
  for (std::size_t i = 0; i < counts.kinds.size(); ++i)
    kinds[name_of(mix[i].form)] = {{"finished", counts.kinds[i].finished}, {"to_end", to_json(counts.kinds[i].to_end)}};
  return {{"begun", counts.begun},
          {"finished", counts.finished},
          {"unsent", counts.unsent},
          {"latency_ns",
           {{"start_to_last_branch", to_json(counts.to_last_branch)}, {"start_to_answer", to_json(counts.to_answer)}}},
          {"refused",
           {{"latency_ns", to_json(counts.refused.to_answer)},
            {"without_hint", counts.refused.without_hint},
            {"hint_least_ms", counts.refused.hint_least_ms},
            {"hint_most_ms", counts.refused.hint_most_ms}}},
          {"pauses", counts.pauses},
          {"paused_ns", counts.paused_ns},
          {"interrupted", counts.interrupted},
          {"kinds", kinds}};
}

json phases_json(const load_report& report) {
  json all = json::array();
  for (const phase_report& one : report.phases) {
    json phase = to_json(one.counts, report.options.mix);
    phase["name"] = one.name;
    phase["rate"] = one.rate;
    phase["seconds"] = one.seconds;
    all.push_back(std::move(phase));
  }
  return all;
}

/// Seconds since the first window; the readings count from there as well.
double since_start(const load_report& report, std::int64_t at) {
  const std::int64_t start = report.timeline.empty() ? report.before.at : report.timeline.front().from;
  return static_cast<double>(at - start) / 1e9;
}

json timeline_json(const load_report& report) {
  json all = json::array();
  for (const window& one : report.timeline)
    all.push_back({{"at", since_start(report, one.from)},
                   {"seconds", static_cast<double>(one.length) / 1e9},
                   {"begun", one.begun},
                   {"finished", one.finished},
                   {"refused", one.refused},
                   {"in_flight", one.in_flight},
                   {"p50_ns", one.p50},
                   {"p99_ns", one.p99},
                   {"max_ns", one.max},
                   {"paused", one.paused}});
  return all;
}

json readings_json(const load_report& report) {
  json all = json::array();
  for (const reading& one : report.readings)
    all.push_back({{"at", since_start(report, one.at)},
                   {"cpu_seconds", one.process.cpu_seconds},
                   {"resident_mb", one.process.resident_mb},
                   {"open_files", one.process.open_files},
                   {"store_mb", to_json(one.store_mb)},
                   {"records_kept", to_json(one.records_kept)},
                   {"in_flight", to_json(one.in_flight)},
                   {"cache_mb", to_json(one.cache_mb)}});
  return all;
}

}  // namespace

void write_json(const load_report& report, const std::string& file) {
  const costs cost = report.cost();
  json resident = json::object();
  for (const resident_at& one : report.resident) resident[one.moment] = one.megabytes;
  json verdicts = json::array();
  for (const verdict& one : report.verdicts) verdicts.push_back({{"held", one.held}, {"text", one.text}});
  json all = to_json(report.counts, report.options.mix);
  all.update({{"options", options_json(report.options)},
              {"each_transaction",
               {{"requests", report.each.requests},
                {"branch_calls", report.each.branch_calls},
                {"client_calls", report.each.client_calls}}},
              {"seconds", report.seconds()},
              {"per_second", report.per_second()},
              {"floor_per_second", to_json(report.floor_per_second)},
              {"floor_share", to_json(report.floor_share())},
              {"coordinator", coordinator_json(report, cost)},
              {"load",
               {{"cpu_us_per_transaction", cost.load},
                {"participants_cpu_us_per_transaction", to_json(cost.participants)},
                {"participants_cpu_us_per_request", to_json(cost.participants_per_request)}}},
              {"refuse", {{"resident_mb", resident}, {"stuck_calls_per_second", report.stuck_calls_per_second}}},
              {"phases", phases_json(report)},
              {"verdicts", verdicts},
              {"timeline", timeline_json(report)},
              {"readings", readings_json(report)},
              {"checks", checks_json(report)}});
  std::ofstream out{file};
  out << all.dump(1) << "\n";
  if (!out.flush()) throw std::runtime_error{"cannot write " + file};
}

}  // namespace treaty::load
