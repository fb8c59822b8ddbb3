#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/result.hpp"

namespace treaty {

/// Errors: unavailable when a process listens on `port` (called `name` in the message). The lanes share their port, and
/// so would a second coordinator that was started by mistake: half of the clients would reach each.
result<void> check_port_free(std::string_view name, std::uint16_t port);

}  // namespace treaty
