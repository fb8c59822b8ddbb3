#include "net/etcd/etcd_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace treaty {
namespace {

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help,
                             const prometheus::Labels& labels = {}) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
}

constexpr const char* renewals_help = "Renewals of the lease of this process's registration, by outcome.";

}  // namespace

etcd_metrics::etcd_metrics(prometheus::Registry& registry)
    : registered{gauge(
          registry, "treaty_registration_registered",
          "1 while this process can be found in its registry, 0 otherwise. Without a registry: 0 or absent.")},
      leases{counter(registry, "treaty_registration_leases_total",
                     "Leases under which this process registered itself: more than one means that one was lost.")},
      renewals_done{counter(registry, "treaty_registration_renewals_total", renewals_help, {{"outcome", "done"}})},
      renewals_failed{counter(registry, "treaty_registration_renewals_total", renewals_help, {{"outcome", "failed"}})},
      services{gauge(registry, "treaty_discovery_services", "Services whose instances are watched in a registry.")},
      services_unseen{gauge(registry, "treaty_discovery_services_unseen",
                            "Those of them whose registry cannot be heard: the instances known last are called.")},
      instances{gauge(registry, "treaty_discovery_instances", "Instances of those services, as the registry says.")},
      watch_failures{counter(registry, "treaty_discovery_watch_failures_total",
                             "Times that a watch of a service's instances, or its beginning, failed.")} {}

}  // namespace treaty
