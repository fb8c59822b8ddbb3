#pragma once

#include <string>
#include <string_view>

namespace treaty::client {

std::string to_base64(std::string_view bytes);
/// Stops at the first character that does not belong.
std::string from_base64(std::string_view text);

}  // namespace treaty::client
