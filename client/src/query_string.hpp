#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace treaty::client {

/// The value of `name`, decoded, without the characters CR, LF and `;` that DTM's clients remove; "" when absent.
/// `target_or_query`: everything up to the first `?` is skipped, if there is one.
std::string query_value(std::string_view target_or_query, std::string_view name);

/// Appends name=value, encoded, with the sign that joins it to what `url` has.
void add_query_value(std::string& url, std::string_view name, std::string_view value);

}  // namespace treaty::client
