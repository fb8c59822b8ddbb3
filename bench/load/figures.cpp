#include "bench/load/figures.hpp"

#include <algorithm>

namespace treaty::load {
namespace {

double difference(std::int64_t before, std::int64_t after) {
  return static_cast<double>(after - before);
}

std::optional<double> grown(const std::map<std::string, double>& before, const std::map<std::string, double>& after,
                            const char* metric) {
  const auto begin = before.find(metric);
  const auto end = after.find(metric);
  if (begin == before.end() || end == after.end()) return std::nullopt;
  return end->second - begin->second;
}

std::optional<double> share(std::optional<double> sum, double parts) {
  return sum && parts > 0 ? std::optional{*sum / parts} : std::nullopt;
}

void add_coordinator(const sample& before, const sample& after, const exchanges& each, double finished, costs& to) {
  to.syncs = share(grown(before.metrics, after.metrics, "treaty_store_syncs_total"), finished);
  to.stored_bytes = share(grown(before.metrics, after.metrics, "treaty_store_bytes_written_total"), finished);
  if (after.coordinator.resident_mb <= 0) return;
  const double seconds = after.coordinator.cpu_seconds - before.coordinator.cpu_seconds;
  to.cores = share(seconds, difference(before.at, after.at) / 1e9);
  to.coordinator = share(seconds * 1e6, finished);
  to.coordinator_per_exchange = share(to.coordinator, each.of_coordinator());
  to.coordinator_per_branch_call = share(to.coordinator, each.branch_calls);
  if (after.coordinator.disk_bytes > 0)
    to.disk_bytes = share(after.coordinator.disk_bytes - before.coordinator.disk_bytes, finished);
}

}  // namespace

costs costs_between(const sample& before, const sample& after, const exchanges& each, std::uint64_t finished) {
  costs out;
  const auto transactions = static_cast<double>(std::max<std::uint64_t>(1, finished));
  add_coordinator(before, after, each, transactions, out);
  out.load = difference(before.load_cpu_ns, after.load_cpu_ns) / 1e3 / transactions;
  if (before.participants_cpu_ns && after.participants_cpu_ns) {
    const double used = difference(*before.participants_cpu_ns, *after.participants_cpu_ns) / 1e3;
    out.participants = used / transactions;
    out.participants_per_request =
        share(used, static_cast<double>(after.participant_requests - before.participant_requests));
  }
  return out;
}

}  // namespace treaty::load
