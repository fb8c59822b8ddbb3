#pragma once

// Internal to the router.

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>

#include "net/http_handler.hpp"

namespace treaty {

/// One route's children of the request metrics, looked up once.
struct route_counters {
  prometheus::Counter* ok;
  prometheus::Counter* fail;
  prometheus::Histogram* duration;
};

class request_metrics {
public:
  explicit request_metrics(prometheus::Registry& registry);
  route_counters route(const std::string& api);

private:
  prometheus::Family<prometheus::Counter>& processed_;
  prometheus::Family<prometheus::Histogram>& durations_;
};

/// Counts the reply on its way to `to`. `counters` outlive the process's last request.
std::shared_ptr<http_responder> counting(const route_counters& counters, std::shared_ptr<http_responder> to);

}  // namespace treaty
