#pragma once

#include <atomic>
#include <cstdint>

namespace treaty {

/// What a server counted since its start.
struct server_figures {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;    // over connections_max, or without a seat (client_room)
  std::uint64_t timed_out = 0;  // clients too slow to speak or to listen; not idle ones
  std::uint64_t malformed = 0;  // garbage, over a size limit, or large while there is no room (byte_room)
};

/// The same while it counts: one thread counts, any reads.
struct server_counters {
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> timed_out{0};
  std::atomic<std::uint64_t> malformed{0};

  server_figures read() const { return {accepted, refused, timed_out, malformed}; }
};

}  // namespace treaty
