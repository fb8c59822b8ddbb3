#pragma once

#include <chrono>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "net/http2/grpc_exchange.hpp"

namespace treaty {

/// One header of a request; the views live as long as the exchange and the `request_headers`.
struct request_header {
  std::string_view name;
  std::string_view value;
  bool is_lasting = true;  // the next calls of this connection will carry it, too: worth a place in HPACK's table
};

/// The headers of a branch call in the order in which gRPC wants them (docs/protocol.md, "Metadata").
class request_headers {
public:
  request_headers(const grpc_exchange& what, std::string_view user_agent, std::chrono::steady_clock::time_point now);
  const std::vector<request_header>& all() const { return all_; }

private:
  std::vector<request_header> all_;
  std::string timeout_;
  std::list<std::string> encoded_;  // values of "-bin" headers
};

/// A `grpc-timeout`: at most eight digits and a unit; at least one millisecond.
std::string grpc_timeout(std::chrono::milliseconds left);

/// Base64 without padding, as gRPC sends binary metadata.
std::string base64_of(std::string_view bytes);

}  // namespace treaty
