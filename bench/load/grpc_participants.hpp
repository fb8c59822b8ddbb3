#pragma once

#include <memory>

#include "bench/load/options.hpp"
#include "bench/load/participants.hpp"

namespace treaty::load {

class poller;

/// Participants over gRPC: any method of any service, told apart by its last word.
class grpc_participants final : public participants {
public:
  grpc_participants(const participant_habits& habits, call_board& board, poller& generator);
  grpc_participants(const grpc_participants&) = delete;
  grpc_participants& operator=(const grpc_participants&) = delete;
  ~grpc_participants() override;

  std::uint16_t port() const override;
  std::uint64_t requests() const override;
  call_faults faults() const override;
  std::optional<std::int64_t> cpu_ns() const override { return std::nullopt; }

private:
  class service;
  std::unique_ptr<service> service_;
};

}  // namespace treaty::load
