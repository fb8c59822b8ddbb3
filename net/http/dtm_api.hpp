#pragma once

#include <chrono>
#include <string>

#include "net/ingress.hpp"

namespace treaty {

class http_router;

struct dtm_api_options {
  std::string version;                               // what GET version tells
  std::chrono::seconds default_timeout_to_fail{35};  // resetCronTime's default time-out is three times this
  std::size_t listed_max = 1'000;                    // records in one answer of `all`, whatever its `limit` says
};

/// Adds the routes under /api of docs/protocol.md, "Route table", except metrics, which is the application's.
/// `door` outlives the router.
void add_dtm_routes(http_router& routes, ingress& door, const dtm_api_options& options);

}  // namespace treaty
