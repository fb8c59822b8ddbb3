#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace treaty {

// What Treaty adds to DTM's requests (docs/protocol.md, "Treaty's own additions"), the same on every transport.
// Errors: invalid_argument; the detail names `field`.

inline constexpr std::size_t notify_url_bytes_max = 2'048;
inline constexpr double retry_growth_most = 100;

/// The factor from a wait to the next, from 1 to `retry_growth_most`, in percent.
result<std::uint32_t> growth_percent(double factor, std::string_view field);
/// The largest share, from 0 to 1, by which a wait is lengthened, in percent.
result<std::uint32_t> jitter_percent(double share, std::string_view field);
/// An http or https URL that can be called; "" is none.
result<std::string> checked_notify_url(std::string_view url, std::string_view field);
/// Whole seconds in decimal digits; "" is 0.
result<std::chrono::seconds> parse_seconds(std::string_view text, std::string_view field);

}  // namespace treaty
