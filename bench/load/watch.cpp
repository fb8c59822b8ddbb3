#include "bench/load/watch.hpp"

#include <utility>

namespace treaty::load {
namespace {

std::optional<double> found(const std::map<std::string, double>& metrics, const std::string& name) {
  const auto one = metrics.find(name);
  return one == metrics.end() ? std::nullopt : std::optional{one->second};
}

}  // namespace

watch::watch(watch_options options) : options_{std::move(options)}, thread_{[this] { run(); }} {}

watch::~watch() {
  stop();
}

std::vector<reading> watch::stop() {
  stopping_.store(true);
  alarm_.wake();
  if (thread_.joinable()) thread_.join();
  return std::move(readings_);
}

reading watch::read() const {
  reading now;
  now.at = now_ns();
  now.process = usage_of(options_.pid);
  if (!options_.directory.empty()) now.store_mb = directory_mb(options_.directory);
  if (!options_.metrics) return now;
  const auto metrics = read_metrics(*options_.metrics);
  now.in_flight = found(metrics, "treaty_transactions_in_flight");
  const auto cache = found(metrics, R"(treaty_store_memory_bytes{part="block_cache"})");
  if (cache) now.cache_mb = *cache / (1024 * 1024);
  const auto finished = found(metrics, "treaty_transactions_finished_total");
  if (finished) now.records_kept = *finished - found(metrics, "treaty_transactions_expired_total").value_or(0);
  return now;
}

void watch::run() {
  while (!stopping_.load()) {
    readings_.push_back(read());
    alarm_.wait(options_.every);
  }
}

}  // namespace treaty::load
