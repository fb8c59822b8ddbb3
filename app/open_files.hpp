#pragma once

#include <cstdint>

namespace treaty {

/// Raises the number of files and sockets that this process may open as far as it may by itself, and returns it. Shells
/// begin with 1,024, which a few hundred clients and participants use up.
std::uint64_t raise_open_files_limit();
/// What it is now. 0: unknown.
std::uint64_t open_files_limit();

}  // namespace treaty
