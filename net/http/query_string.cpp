#include <charconv>
#include <cstdint>

#include "net/http/router.hpp"

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

}  // namespace

std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (decode(pair.substr(0, equals)) != name) continue;
    return equals == std::string_view::npos ? std::string{} : decode(pair.substr(equals + 1));
  }
  return {};
}

std::string path_text(std::string_view segment) {
  return decode(segment, plus::itself);
}

}  // namespace treaty
