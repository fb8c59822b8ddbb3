#include "net/wire/text_encoding.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace treaty {
namespace {

constexpr std::string_view base64_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void append_group(std::string& out, std::string_view bytes) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    bits = bits << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    out += i <= bytes.size() ? base64_letters[bits >> (18 - 6 * i) & 63] : '=';
  }
}

void append_fraction(std::string& out, std::int64_t nanoseconds) {
  if (nanoseconds == 0) return;
  std::array<char, 16> digits;
  std::snprintf(digits.data(), digits.size(), ".%09lld", static_cast<long long>(nanoseconds));
  std::string_view text{digits.data(), 10};
  text.remove_suffix(text.size() - 1 - text.find_last_not_of('0'));
  out += text;
}

void append_offset(std::string& out, long seconds_east) {
  const long minutes = std::labs(seconds_east) / 60;
  if (minutes == 0) {
    out += 'Z';
    return;
  }
  std::array<char, 16> digits;
  const int length = std::snprintf(digits.data(), digits.size(), "%c%02ld:%02ld", seconds_east < 0 ? '-' : '+',
                                   minutes / 60 % 100, minutes % 60);
  out.append(digits.data(), static_cast<std::size_t>(length));
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (; bytes.size() > 3; bytes.remove_prefix(3)) append_group(out, bytes.substr(0, 3));
  if (!bytes.empty()) append_group(out, bytes);
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  std::size_t letters = 0;
  std::size_t padding = 0;
  for (const char one : text) {
    if (one == '\r' || one == '\n') continue;
    const std::size_t value = one == '=' ? 0 : base64_letters.find(one);
    if (value == std::string_view::npos || (one != '=' && padding > 0)) return std::nullopt;
    padding += one == '=' ? 1 : 0;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if (++letters % 4 != 0) continue;
    for (const int shift : {16, 8, 0}) out += static_cast<char>(bits >> shift & 0xffU);
    bits = 0;
  }
  if (letters % 4 != 0 || padding > 2) return std::nullopt;
  out.resize(out.size() - padding);
  return out;
}

void append_rfc3339(std::string& out, time_point when) {
  const auto second = std::chrono::floor<std::chrono::seconds>(when);
  const std::time_t count = second.time_since_epoch().count();
  std::tm parts{};
  localtime_r(&count, &parts);
  std::array<char, 64> digits;
  const int length = std::snprintf(digits.data(), digits.size(), "%04d-%02d-%02dT%02d:%02d:%02d", parts.tm_year + 1900,
                                   parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  out.append(digits.data(), static_cast<std::size_t>(length));
  append_fraction(out, (when - second).count());
  append_offset(out, parts.tm_gmtoff);
}

}  // namespace treaty
