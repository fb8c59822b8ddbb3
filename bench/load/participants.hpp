#pragma once

#include <cstdint>
#include <optional>

#include "bench/load/call_board.hpp"

namespace treaty::load {

/// The business services: answer branch calls as fast as it goes, and note each on the board. The last word of the path
/// says how: ok and undo succeed, refuse is a business failure, floor succeeds and is not noted. Threads: any.
class participants {
public:
  virtual ~participants() = default;
  virtual std::uint16_t port() const = 0;
  /// Since the start.
  virtual std::uint64_t requests() const = 0;
  /// Complete after the coordinator has ended or become quiet.
  virtual call_faults faults() const = 0;
  /// CPU of their threads since the start, in nanoseconds; nothing when these serve the clients as well.
  virtual std::optional<std::int64_t> cpu_ns() const = 0;
};

}  // namespace treaty::load
