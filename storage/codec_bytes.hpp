#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/result.hpp"
#include "storage/codec.hpp"

namespace treaty::codec {

// Shared by the parts of the codec; not for its users.

failure corrupt(std::string_view what, std::string_view why);

/// What follows the format byte, which is from 1 to `newest`. Errors: corrupt (empty, or another format).
result<std::string_view> after_format(std::string_view bytes, std::string_view what,
                                      std::uint8_t newest = value_format);

}  // namespace treaty::codec
