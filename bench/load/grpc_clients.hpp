#pragma once

#include <memory>

#include "bench/load/clients.hpp"
#include "bench/load/options.hpp"

namespace treaty::load {

class poller;

/// gRPC: the slots share a few channels, each a connection of its own, as the threads of an application do.
class grpc_clients final : public clients {
public:
  grpc_clients(std::size_t slots, std::size_t channels, const endpoint& coordinator, const endpoint& participants,
               poller& events);
  grpc_clients(const grpc_clients&) = delete;
  grpc_clients& operator=(const grpc_clients&) = delete;
  ~grpc_clients() override;  // waits for what is under way, which it cancels

  void send(std::size_t slot, request_template& request, std::string_view gid) override;
  void take_answers(std::span<const epoll_event> ready, std::vector<client_answer>& to) override;

private:
  class core;
  std::unique_ptr<core> core_;
};

}  // namespace treaty::load
