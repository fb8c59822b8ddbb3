#pragma once

#include <string_view>

namespace treaty::fuzz {

/// Is this one JSON text, as a strict reader sees it? UTF-8 included.
bool is_json(std::string_view text);
/// The text under `key` of a JSON object; what is not there, or no text, is "".
std::string_view json_member(std::string_view object, std::string_view key);
bool is_utf8(std::string_view text);

}  // namespace treaty::fuzz
