#pragma once

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>

#include "net/branch_client.hpp"
#include "net/discovery.hpp"
#include "net/http/asio_loop.hpp"
#include "net/http/connect_breaker.hpp"

namespace treaty {

struct http_client_metrics;

/// Limits are for each lane.
struct grpc_client_options {
  std::size_t in_flight_max = 256;               // for each instance of a target
  std::size_t waiting_max = 10'000;              // for each target; over it calls fail at once
  std::chrono::milliseconds crowded_after{250};  // see crowd_gate
  std::size_t targets_max = 1'000;               // the one that was not used for longest is dropped first
  std::size_t connections_max = 16;   // for each target: more than one for an address when peers allow few calls
  std::size_t addresses_max = 1'000;  // for each target: those that get a connection
  std::chrono::milliseconds idle_for{300'000};
  std::chrono::milliseconds connect_timeout{5'000};  // up to the peer's first words in HTTP/2
  std::chrono::milliseconds addresses_kept{30'000};  // answers of the name service
  std::chrono::milliseconds ping_after{310'000};     // grpc-go cuts clients that ping more often than every 5 minutes
  std::chrono::milliseconds ping_limit{20'000};
  int descriptors_below = std::numeric_limits<int>::max();  // those above are kept for others: no connection takes one
  breaker_options breaker{};                                // for each address
  breaker_options silence{.failures_to_open = 16};          // for each target: calls that get no answer at all
  std::string user_agent = "treaty";
};

/// Branch calls over gRPC: any method, payload bytes verbatim, reply bytes ignored (docs/protocol.md, "gRPC calls").
/// HTTP/2 on the lane's own loop, without threads of its own. Destroyed with calls under way, it cancels and drops
/// them.
class branch_grpc_client final : public branch_client {
public:
  /// `metrics` outlives it.
  branch_grpc_client(std::shared_ptr<asio_loop> lane, std::shared_ptr<const discovery> where,
                     grpc_client_options options, http_client_metrics& metrics);
  ~branch_grpc_client() override;
  void call(branch_call call, branch_done done) override;
  std::size_t pending() const override;
  bool is_crowded(branch_protocol protocol, std::string_view url, std::size_t coming) override;

private:
  std::shared_ptr<class grpc_client_core> core_;
};

}  // namespace treaty
