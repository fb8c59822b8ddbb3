#pragma once

#include <string>
#include <string_view>

namespace treaty {

/// Appends `text` as a JSON string, with its quotes. Bytes that are not UTF-8 become \u00xx: what participants send is
/// shown and logged, and the result must stay valid.
void append_quoted_json(std::string& out, std::string_view text);

}  // namespace treaty
