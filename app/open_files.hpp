#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/result.hpp"

namespace treaty {

/// Raises the number of files and sockets that this process may open as far as it may by itself, and returns it. Shells
/// begin with 1,024, which a few hundred clients and participants use up. Unknown: the least that it starts with.
std::uint64_t raise_open_files_limit();

/// The files that the process may open, shared out, so that clients and participants, however many there are, leave the
/// store those that it needs: a store that cannot open a file for its next merge fails, and takes no more writes. What
/// is left is neither's alone; but each side may have so many only that the other has some.
struct open_files_shares {
  int store = 0;              // table files that RocksDB keeps open; its logs and new files come on top
  int descriptors_below = 0;  // one of this number or above is for the store alone
  std::size_t calls = 0;      // HTTP connections to participants, over all lanes
  std::size_t clients = 0;    // connections of clients, over all servers
  std::size_t refused = 0;    // of clients for which there is no room, while they are told so
};
/// Errors: unavailable: the limit is below `open_files_least`.
result<open_files_shares> share_open_files(std::uint64_t limit);
inline constexpr std::uint64_t open_files_least = 256;

}  // namespace treaty
