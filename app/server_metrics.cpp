#include "app/server_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <string>

#include "app/lower.hpp"
#include "obs/version.hpp"

namespace treaty {
namespace {

void raise_to(prometheus::Counter& counter, std::uint64_t value) {
  counter.Increment(static_cast<double>(value) - counter.Value());
}

}  // namespace

server_metrics::server_metrics(prometheus::Registry& registry, const std::string& protocol) {
  const std::string name = "treaty_" + lower(protocol) + "_connections";
  connections_ = &prometheus::BuildGauge()
                      .Name(name)
                      .Help("Client connections of the " + protocol + " API that are open.")
                      .Register(registry)
                      .Add({});
  auto& ended = prometheus::BuildCounter()
                    .Name(name + "_total")
                    .Help("Client connections of the " + protocol +
                          " API: accepted, and of those or besides them refused (over the limit), timed_out (slow "
                          "clients), malformed (garbage, or over a size limit).")
                    .Register(registry);
  accepted_ = &ended.Add({{"event", "accepted"}});
  refused_ = &ended.Add({{"event", "refused"}});
  timed_out_ = &ended.Add({{"event", "timed_out"}});
  malformed_ = &ended.Add({{"event", "malformed"}});
}

void server_metrics::refresh(const server_figures& total, std::size_t connections) {
  const std::lock_guard guard{one_scrape_at_a_time_};
  connections_->Set(static_cast<double>(connections));
  raise_to(*accepted_, total.accepted);
  raise_to(*refused_, total.refused);
  raise_to(*timed_out_, total.timed_out);
  raise_to(*malformed_, total.malformed);
}

void register_build_info(prometheus::Registry& registry) {
  prometheus::BuildGauge()
      .Name("treaty_build_info")
      .Help("Always 1; its labels say what is running.")
      .Register(registry)
      .Add({{"version", std::string{version()}}, {"compiler", std::string{compiler_version()}}})
      .Set(1);
  prometheus::BuildGauge()
      .Name("dtm_server_info")
      .Help("The information of this dtm server.")
      .Register(registry)
      .Add({{"gin_version", "none"}, {"grpc_version", std::string{grpc_version()}}})
      .Set(1);
}

}  // namespace treaty
