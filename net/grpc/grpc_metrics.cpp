#include "net/grpc/grpc_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace treaty {
namespace {

prometheus::Counter& processed(prometheus::Registry& registry, const std::string& method, const char* status) {
  return prometheus::BuildCounter()
      .Name("dtm_server_process_total")
      .Help("All request received by dtm")
      .Register(registry)
      .Add({{"type", "grpc"}, {"api", method}, {"status", status}});
}

prometheus::Histogram& duration(prometheus::Registry& registry, const std::string& method) {
  const prometheus::Histogram::BucketBoundaries buckets{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  return prometheus::BuildHistogram()
      .Name("dtm_server_response_duration")
      .Help("The request durations of a dtm server api")
      .Register(registry)
      .Add({{"type", "grpc"}, {"api", method}}, buckets);
}

}  // namespace

method_counters::method_counters(prometheus::Registry& registry, const std::string& method)
    : ok_{processed(registry, method, "ok")},
      fail_{processed(registry, method, "fail")},
      duration_{duration(registry, method)} {}

void method_counters::count(bool ok, std::chrono::duration<double> took) const {
  (ok ? ok_ : fail_).Increment();
  duration_.Observe(took.count());
}

}  // namespace treaty
