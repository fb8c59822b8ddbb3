#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/http_handler.hpp"

namespace prometheus {
class Registry;
}

namespace treaty {

/// Whether a route shows in dtm_server_process_total and dtm_server_response_duration (docs/metrics.md).
enum class route_metrics : std::uint8_t { counted = 1, uncounted };

/// Finds the handler for a method and a path (docs/protocol.md, "Transport"): what is not here is 404 in plain text,
/// also a known path with another method; a known path with a slash behind it is redirected.
///
/// Routes are added first; then `handle` is called from any number of threads.
class http_router {
public:
  explicit http_router(prometheus::Registry& metrics);
  http_router(const http_router&) = delete;
  http_router& operator=(const http_router&) = delete;
  ~http_router();

  /// A segment of `path` that starts with ':' takes any one segment; a path that ends with "/*" and has no ':' takes
  /// everything below. Exact paths go before others, and those in the order of their adding. The method "*" takes what
  /// no other route takes, and counts as unknown. The label of the metrics is the last segment that does not start with
  /// ':', in lower case.
  void add(std::string_view method, std::string_view path, http_handler handler,
           route_metrics metrics = route_metrics::counted);

  /// Threads: any. Blocks only if the handler does.
  void handle(const http_request& request, std::shared_ptr<http_responder> to) const;

private:
  class table;
  std::unique_ptr<table> table_;
};

}  // namespace treaty
