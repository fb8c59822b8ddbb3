#pragma once

#include <memory>
#include <vector>

#include "bench/load/options.hpp"
#include "bench/load/participants.hpp"
#include "bench/load/sockets.hpp"

namespace treaty::load {

/// Participants over HTTP/1.1.
class http_participants final : public participants {
public:
  http_participants(std::size_t threads, const participant_habits& habits, call_board& board, poller& generator);
  http_participants(const http_participants&) = delete;
  http_participants& operator=(const http_participants&) = delete;
  ~http_participants() override;

  std::uint16_t port() const override { return port_; }
  std::uint64_t requests() const override;
  call_faults faults() const override;
  std::optional<std::int64_t> cpu_ns() const override;

private:
  class server;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<server>> servers_;
};

}  // namespace treaty::load
