#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace treaty {

/// The value of `name` in a query string, decoded; "" when it is not there. The first of several counts.
std::string query_value(std::string_view query, std::string_view name);
/// Every parameter with its value, decoded, in the order of the query string; without a '=' the value is "".
std::vector<std::pair<std::string, std::string>> query_values(std::string_view query);

}  // namespace treaty
