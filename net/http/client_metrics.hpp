#pragma once

namespace prometheus {
class Gauge;
class Registry;
}  // namespace prometheus

namespace treaty {

/// What the HTTP and gRPC clients of all lanes show together. Lives as long as the registry. Threads: any.
struct http_client_metrics {
  explicit http_client_metrics(prometheus::Registry& registry);
  prometheus::Gauge& breakers_open;
  prometheus::Gauge& connections;
  prometheus::Gauge& grpc_connections;
  prometheus::Gauge& calls_waiting;
};

}  // namespace treaty
