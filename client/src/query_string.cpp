#include "client/src/query_string.hpp"

namespace treaty::client {
namespace {

int digit_of(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  const char lower = static_cast<char>(letter | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char letter = text[at] == '+' ? ' ' : text[at];
    if (letter == '%' && at + 2 < text.size() && digit_of(text[at + 1]) >= 0 && digit_of(text[at + 2]) >= 0) {
      letter = static_cast<char>(digit_of(text[at + 1]) * 16 + digit_of(text[at + 2]));
      at += 2;
    }
    if (letter != '\r' && letter != '\n' && letter != ';') out += letter;
  }
  return out;
}

bool is_plain(char letter) {
  return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         letter == '-' || letter == '_' || letter == '.' || letter == '~';
}

}  // namespace

std::string query_value(std::string_view target_or_query, std::string_view name) {
  if (const auto mark = target_or_query.find('?'); mark != std::string_view::npos)
    target_or_query.remove_prefix(mark + 1);
  target_or_query = target_or_query.substr(0, target_or_query.find('#'));
  while (!target_or_query.empty()) {
    const std::string_view pair = target_or_query.substr(0, target_or_query.find('&'));
    target_or_query.remove_prefix(std::min(target_or_query.size(), pair.size() + 1));
    const auto sign = pair.find('=');
    if (sign != std::string_view::npos && decoded(pair.substr(0, sign)) == name) return decoded(pair.substr(sign + 1));
  }
  return {};
}

void add_query_value(std::string& url, std::string_view name, std::string_view value) {
  url += url.find('?') == std::string::npos ? '?' : '&';
  url.append(name).append("=");
  constexpr std::string_view hex = "0123456789ABCDEF";
  for (const char letter : value) {
    if (is_plain(letter)) {
      url += letter;
      continue;
    }
    const auto byte = static_cast<unsigned char>(letter);
    url.append({'%', hex[byte / 16], hex[byte % 16]});
  }
}

}  // namespace treaty::client
