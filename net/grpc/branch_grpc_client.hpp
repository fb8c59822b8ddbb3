#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "net/branch_client.hpp"
#include "net/discovery.hpp"
#include "net/http/asio_loop.hpp"

namespace treaty {

/// Limits are for each lane.
struct grpc_client_options {
  std::size_t in_flight_max = 256;   // for each target
  std::size_t waiting_max = 10'000;  // for each target; over it calls fail at once
  std::size_t channels_max = 1'000;  // the one that was not used for longest is dropped first
  std::chrono::milliseconds reconnect_after_max{5'000};
  std::chrono::milliseconds ping_after{310'000};  // grpc-go cuts clients that ping more often than every 5 minutes
  std::chrono::milliseconds ping_limit{20'000};
  std::string service_config = R"({"loadBalancingConfig":[{"round_robin":{}}]})";
  std::string user_agent = "treaty";
};

/// Branch calls over gRPC: any method, payload bytes verbatim, reply bytes ignored (docs/protocol.md, "gRPC calls").
/// Destroyed with calls under way, it cancels and drops them.
class branch_grpc_client final : public branch_client {
public:
  branch_grpc_client(std::shared_ptr<asio_loop> lane, std::shared_ptr<const discovery> where,
                     grpc_client_options options);
  ~branch_grpc_client() override;
  void call(branch_call call, branch_done done) override;
  std::size_t pending() const override;

private:
  class core;
  std::shared_ptr<core> core_;
};

}  // namespace treaty
