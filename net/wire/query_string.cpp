#include "net/wire/query_string.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace treaty {
namespace {

bool decode_byte(std::string_view digits, char& into) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 2 || error != std::errc{} || end != digits.data() + 2) return false;
  into = static_cast<char>(value);
  return true;
}

enum class plus : std::uint8_t { blank = 1, itself };

/// Percent signs that encode nothing stay as they are.
std::string decode(std::string_view text, plus meaning = plus::blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    char byte = text[at];
    if (byte == '+' && meaning == plus::blank) byte = ' ';
    if (byte == '%' && decode_byte(text.substr(at + 1, 2), byte)) at += 2;
    out += byte;
  }
  return out;
}

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
    if (decode(key) == name) return decode(value);
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> query_values(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!query.empty()) {
    const auto [key, value] = take_pair(query);
    if (!key.empty() || !value.empty()) out.emplace_back(decode(key), decode(value));
  }
  return out;
}

std::string path_text(std::string_view segment) {
  return decode(segment, plus::itself);
}

}  // namespace treaty
