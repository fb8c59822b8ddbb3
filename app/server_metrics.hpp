#pragma once

#include <cstdint>
#include <mutex>

#include "net/http/server.hpp"

namespace prometheus {
class Counter;
class Gauge;
class Registry;
}  // namespace prometheus

namespace treaty {

/// What the HTTP servers count, in the registry. Threads: any.
class server_metrics {
public:
  explicit server_metrics(prometheus::Registry& registry);
  /// Brings the registry up to date with the sum over all lanes: before each scrape.
  void refresh(const http_server_figures& total, std::size_t connections);

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
