#pragma once

#include <string_view>

#include "core/base/result.hpp"

namespace treaty::codec {

// Shared by the parts of the codec; not for its users.

failure corrupt(std::string_view what, std::string_view why);

/// What follows the format byte. Errors: corrupt (empty, or a format that this build does not know).
result<std::string_view> after_format(std::string_view bytes, std::string_view what);

}  // namespace treaty::codec
