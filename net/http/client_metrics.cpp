#include "net/http/client_metrics.hpp"

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace treaty {
namespace {

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace

http_client_metrics::http_client_metrics(prometheus::Registry& registry)
    : breakers_open{gauge(registry, "treaty_destination_breaker_open",
                          "Destinations that refuse connections, so that calls to them fail at once.")},
      connections{
          gauge(registry, "treaty_http_client_connections", "HTTP connections to participants, opening ones too.")},
      grpc_connections{
          gauge(registry, "treaty_grpc_client_connections", "gRPC connections to participants, opening ones too.")},
      calls_waiting{gauge(registry, "treaty_calls_waiting",
                          "Branch calls that wait for a free connection, or for their turn on one.")} {}

}  // namespace treaty
