#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.hpp"

namespace treaty {

/// Standard base64 with padding.
void append_base64(std::string& out, std::string_view bytes);
/// The bytes that a standard base64 text with padding stands for; line ends are skipped. Nothing when it is not one.
std::optional<std::string> decode_base64(std::string_view text);

/// RFC 3339 with as many fractional digits as needed and the process's local offset, `Z` for UTC
/// (docs/protocol.md, "Time format").
void append_rfc3339(std::string& out, time_point when);
/// From 1970 on; more than nine digits of fractions are cut. A blank in the place of the offset's plus is taken for it:
/// a query string turns one into the other. Nothing when it is no such time.
std::optional<time_point> parse_rfc3339(std::string_view text);

}  // namespace treaty
