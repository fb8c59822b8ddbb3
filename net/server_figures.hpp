#pragma once

#include <cstdint>

namespace treaty {

/// What a server counted since its start.
struct server_figures {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;    // over connections_max
  std::uint64_t timed_out = 0;  // clients too slow to speak or to listen; not idle ones
  std::uint64_t malformed = 0;  // garbage, or over a size limit
};

}  // namespace treaty
