#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>

#include "net/http/asio_loop.hpp"
#include "net/http/connect_breaker.hpp"
#include "net/http/exchange.hpp"

namespace treaty {

struct http_client_metrics;

/// Limits are for each destination (scheme, host, port) of each lane, unless they say otherwise.
struct http_client_options {
  std::size_t connections_max = 256;          // and so calls in flight
  std::size_t connections_total_max = 8'000;  // of a lane, to all destinations
  std::size_t idle_connections_max = 256;
  std::size_t waiting_max = 10'000;              // calls that wait for a connection; over it they fail at once
  std::chrono::milliseconds crowded_after{250};  // see crowd_gate
  std::chrono::milliseconds idle_for{60'000};
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds addresses_kept{30'000};  // answers of the name service
  std::size_t answer_bytes_max = 4u << 20;           // a body, unpacked
  unsigned redirects_max = 10;
  int descriptors_below = std::numeric_limits<int>::max();  // those above are kept for others: no connection takes one
  breaker_options breaker{};                                // of connects
  breaker_options silence{.failures_to_open = 16};          // of calls that get no answer at all
  std::string user_agent = "treaty";
};

/// HTTP/1.1 exchanges of one lane over pooled keep-alive connections; what transports of calls share.
/// Destroyed with calls under way, it drops them. Threads: the lane's own, or any while the loop does not run.
class http_transport {
public:
  http_transport(std::shared_ptr<asio_loop> lane, http_client_options options, http_client_metrics& metrics);
  ~http_transport();

  /// `done` runs once, on the lane's thread, later, never inline. The time-out limits the wait for a connection, and
  /// then the exchange.
  void send(outgoing_request request, judge_answer judge, branch_done done);
  /// Answers a call that is not made, as `send` would.
  void refuse(std::string_view why, branch_done done);
  /// Calls without an answer.
  std::size_t pending() const;
  /// As `branch_client` has it.
  bool is_crowded(std::string_view url, std::size_t coming);

private:
  std::shared_ptr<http_transport_core> core_;
};

}  // namespace treaty
