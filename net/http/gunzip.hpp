#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace treaty {

/// Errors: corrupt (not gzip, or cut short); overloaded: more than `bytes_max` come out of it.
result<std::string> gunzip(std::string_view packed, std::size_t bytes_max);

}  // namespace treaty
