#include "net/url_text.hpp"

#include <algorithm>
#include <utility>

namespace treaty {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";
constexpr std::size_t shown_max = 512;

int hex_value(char digit) {
  const std::size_t at = hex_digits.find(digit >= 'a' && digit <= 'f' ? static_cast<char>(digit - 0x20) : digit);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::string decoded(std::string_view text, char plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool may_be_byte = text[at] == '%' && at + 2 < text.size();
    const int high = may_be_byte ? hex_value(text[at + 1]) : -1;
    const int low = may_be_byte ? hex_value(text[at + 2]) : -1;
    if (high >= 0 && low >= 0) {
      out += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      out += text[at] == '+' ? plus : text[at];
    }
  }
  return out;
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  return decoded(text, '+');
}

std::string form_decoded(std::string_view text) {
  return decoded(text, ' ');
}

void append_percent(std::string& out, char byte) {
  const auto code = static_cast<unsigned char>(byte);
  out += '%';
  out += hex_digits[code >> 4];
  out += hex_digits[code & 15];
}

std::string take_credentials(std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return {};
  const std::size_t start = scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", start), url.size());
  const std::size_t mark = url.substr(0, end).rfind('@');
  if (mark == std::string::npos || mark < start) return {};
  std::string credentials = percent_decoded(std::string_view{url}.substr(start, mark - start));
  url.erase(start, mark + 1 - start);
  return credentials;
}

std::string_view without_login(std::string_view url, std::string& room) {
  if (url.find('@') == std::string_view::npos) return url;
  room = url;
  take_credentials(room);
  return room;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char byte) { return byte > 0x20 && byte < 0x7F; });
}

failure bad_url(std::string_view url, std::string_view why) {
  std::string text = "bad url: '";
  text += url.substr(0, shown_max);
  text += "'. ";
  text += why;
  return {errc::invalid_argument, std::move(text)};
}

}  // namespace treaty
