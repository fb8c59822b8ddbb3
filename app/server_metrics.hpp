#pragma once

#include <cstddef>
#include <mutex>
#include <string>

#include "net/server_figures.hpp"

namespace prometheus {
class Counter;
class Gauge;
class Registry;
}  // namespace prometheus

namespace treaty {

/// What the servers of one protocol count, in the registry. Threads: any.
class server_metrics {
public:
  /// `protocol` is "HTTP" or "gRPC".
  server_metrics(prometheus::Registry& registry, const std::string& protocol);
  /// Brings the registry up to date with the sum over all lanes: before each scrape.
  void refresh(const server_figures& total, std::size_t connections);

private:
  std::mutex one_scrape_at_a_time_;
  prometheus::Gauge* connections_;
  prometheus::Counter* accepted_;
  prometheus::Counter* refused_;
  prometheus::Counter* timed_out_;
  prometheus::Counter* malformed_;
};

/// treaty_build_info, and dtm_server_info, whose labels are DTM's.
void register_build_info(prometheus::Registry& registry);

}  // namespace treaty
