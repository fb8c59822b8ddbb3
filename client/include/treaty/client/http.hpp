#pragma once

#include <chrono>
#include <map>
#include <string>

#include "treaty/client/coordinator.hpp"

namespace treaty::client {

struct http_options {
  std::chrono::milliseconds call_limit{30'000};  // of a whole exchange that has no limit of its own
  std::size_t idle_connections_max = 32;         // kept open for each host
  std::map<std::string, std::string> headers{};  // sent with every call of the coordinator, not with those of branches
};

/// A coordinator that is spoken to over HTTP/1.1, with branches that speak HTTP. `base_url` ends in /api/dtmsvr, as in
/// http://127.0.0.1:36789/api/dtmsvr. Connects with the first call. Runs one thread, until the last handle is gone.
/// Plain http only. Names are resolved one after the other: while a name server does not answer, other names wait, but
/// no coordinator or branch that is given by its address.
coordinator http_coordinator(std::string base_url, http_options options = {});

}  // namespace treaty::client
