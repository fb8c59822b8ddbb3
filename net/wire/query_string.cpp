#include "net/wire/query_string.hpp"

#include <algorithm>

#include "net/url_text.hpp"

namespace treaty {
namespace {

/// The next `key=value` of a query string, not decoded.
std::pair<std::string_view, std::string_view> take_pair(std::string_view& query) {
  const std::string_view pair = query.substr(0, query.find('&'));
  query.remove_prefix(std::min(query.size(), pair.size() + 1));
  const std::size_t equals = std::min(pair.find('='), pair.size());
  return {pair.substr(0, equals), pair.substr(std::min(pair.size(), equals + 1))};
}

}  // namespace

std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto [key, value] = take_pair(query);
    if (form_decoded(key) == name) return form_decoded(value);
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> query_values(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!query.empty()) {
    const auto [key, value] = take_pair(query);
    if (!key.empty() || !value.empty()) out.emplace_back(form_decoded(key), form_decoded(value));
  }
  return out;
}

}  // namespace treaty
