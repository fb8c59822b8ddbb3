#pragma once

#include <string>
#include <string_view>

#include "core/base/time.hpp"

namespace treaty {

/// Standard base64 with padding.
void append_base64(std::string& out, std::string_view bytes);

/// RFC 3339 with as many fractional digits as needed and the process's local offset, `Z` for UTC
/// (docs/protocol.md, "Time format").
void append_rfc3339(std::string& out, time_point when);

}  // namespace treaty
