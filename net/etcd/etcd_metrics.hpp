#pragma once

namespace prometheus {
class Counter;
class Gauge;
class Registry;
}  // namespace prometheus

namespace treaty {

/// What registration and discovery show. Lives as long as the registry. Threads: any.
struct etcd_metrics {
  explicit etcd_metrics(prometheus::Registry& registry);
  prometheus::Gauge& registered;
  prometheus::Counter& leases;
  prometheus::Counter& renewals_done;
  prometheus::Counter& renewals_failed;
  prometheus::Gauge& services;
  prometheus::Gauge& services_unseen;
  prometheus::Gauge& instances;
  prometheus::Counter& watch_failures;
};

}  // namespace treaty
