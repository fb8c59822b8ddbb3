#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "bench/load/saga_board.hpp"
#include "bench/load/sockets.hpp"

namespace treaty::load {

/// The business services: answer branch calls as fast as it goes, and note each on the board. Paths: /ok and /undo
/// succeed, /refuse answers 409, /floor succeeds and is not noted.
class participants {
public:
  participants(std::size_t threads, saga_board& board, poller& generator);
  participants(const participants&) = delete;
  participants& operator=(const participants&) = delete;
  ~participants();

  std::uint16_t port() const { return port_; }
  /// Since the start. Threads: any.
  std::uint64_t requests() const;
  /// Complete after the coordinator has ended or become quiet. Threads: any.
  call_faults faults() const;
  /// CPU of all threads since the start, in nanoseconds. Threads: any.
  std::int64_t cpu_ns() const;

private:
  class server;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<server>> servers_;
};

}  // namespace treaty::load
