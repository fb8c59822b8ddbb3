#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "bench/load/work_plan.hpp"

namespace treaty::load {

/// The answer to a slot's request, in its protocol's numbers.
struct client_answer {
  static constexpr int broken = -1;  // none came: the connection broke
  static constexpr std::int64_t no_hint = -1;
  std::size_t slot = 0;
  int status = broken;
  std::int64_t retry_after_ms = no_hint;  // when to ask again, as whoever refuses says
};

/// The clients' side of the sockets: each slot has at most one request under way. What arrives wakes the generator's
/// poller. Threads: the generator's.
class clients {
public:
  virtual ~clients() = default;
  /// Writes the gid into the request, and sends it. The answer comes by `take_answers`, also when sending fails.
  virtual void send(std::size_t slot, request_template& request, std::string_view gid) = 0;
  /// Appends the answers that have come; `ready` is what the poller said.
  virtual void take_answers(std::span<const epoll_event> ready, std::vector<client_answer>& to) = 0;
};

/// Puts the gid where it belongs.
void write_gid(request_template& request, std::string_view gid);

}  // namespace treaty::load
