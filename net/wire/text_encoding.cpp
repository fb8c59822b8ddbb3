#include "net/wire/text_encoding.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <utility>

namespace treaty {
namespace {

constexpr std::string_view base64_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void append_group(std::string& out, std::string_view bytes) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    bits = bits << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
  }
  std::array<char, 4> group;
  for (std::size_t i = 0; i < group.size(); ++i) {
    group[i] = i <= bytes.size() ? base64_letters[bits >> (18 - 6 * i) & 63] : '=';
  }
  out.append(group.data(), group.size());
}

constexpr std::size_t fraction_digits = 9;

/// The last `count` digits of a number that is not negative. A record has many times, and printf took a third of what
/// the answer to a query costs.
void append_digits(std::string& out, std::int64_t number, std::size_t count) {
  std::array<char, fraction_digits> digits;
  for (std::size_t at = count; at-- > 0; number /= 10) digits[at] = static_cast<char>('0' + number % 10);
  out.append(digits.data(), count);
}

void append_fraction(std::string& out, std::int64_t nanoseconds) {
  if (nanoseconds == 0) return;
  out += '.';
  append_digits(out, nanoseconds, fraction_digits);
  out.resize(out.find_last_not_of('0') + 1);
}

void append_offset(std::string& out, long seconds_east) {
  const long minutes = std::labs(seconds_east) / 60;
  if (minutes == 0) {
    out += 'Z';
    return;
  }
  out += seconds_east < 0 ? '-' : '+';
  append_digits(out, minutes / 60, 2);
  out += ':';
  append_digits(out, minutes % 60, 2);
}

/// Takes exactly `digits` digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  int number = 0;
  if (text.size() < digits) return std::nullopt;
  for (std::size_t at = 0; at < digits; ++at) {
    if (text[at] < '0' || text[at] > '9') return std::nullopt;
    number = number * 10 + (text[at] - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool take_letter(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// Of a whole that ends at `last`, a number of two digits.
std::optional<int> take_part(std::string_view& text, int last) {
  const auto number = take_number(text, 2);
  return number && *number <= last ? number : std::nullopt;
}

std::optional<std::chrono::nanoseconds> take_fraction(std::string_view& text) {
  if (!take_letter(text, ".")) return std::chrono::nanoseconds{0};
  std::int64_t count = 0;
  std::int64_t worth = 100'000'000;
  const std::size_t before = text.size();
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), worth /= 10) {
    count += (text.front() - '0') * worth;
  }
  if (text.size() == before) return std::nullopt;
  return std::chrono::nanoseconds{count};
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (take_letter(text, "Zz")) return std::chrono::minutes{0};
  const bool west = text.starts_with('-');
  if (!take_letter(text, "+- ")) return std::nullopt;
  const auto hours = take_part(text, 23);
  if (!hours || !take_letter(text, ":")) return std::nullopt;
  const auto minutes = take_part(text, 59);
  if (!minutes) return std::nullopt;
  const std::chrono::minutes east{*hours * 60 + *minutes};
  return west ? -east : east;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
  const auto year = take_number(text, 4);
  if (!year || !take_letter(text, "-")) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take_letter(text, "-")) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  constexpr int last_year = 2261;  // of what a time_point can hold
  if (!date.ok() || *year < 1970 || *year > last_year) return std::nullopt;
  return std::chrono::sys_days{date};
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
  append_digits(out, parts.tm_year + 1900, 4);  // a time_point holds none before 1677 and none after 2262
  for (const auto& [before, number] : {std::pair{'-', parts.tm_mon + 1},
                                       {'-', parts.tm_mday},
                                       {'T', parts.tm_hour},
                                       {':', parts.tm_min},
                                       {':', parts.tm_sec}}) {
    out += before;
    append_digits(out, number, 2);
  }
  append_fraction(out, (when - second).count());
  append_offset(out, parts.tm_gmtoff);
}

std::optional<time_point> parse_rfc3339(std::string_view text) {
  const auto date = take_date(text);
  if (!date || !take_letter(text, "Tt ")) return std::nullopt;
  const auto hour = take_part(text, 23);
  if (!hour || !take_letter(text, ":")) return std::nullopt;
  const auto minute = take_part(text, 59);
  if (!minute || !take_letter(text, ":")) return std::nullopt;
  const auto second = take_part(text, 60);  // a leap second
  if (!second) return std::nullopt;
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  const auto east = take_offset(text);
  if (!east || !text.empty()) return std::nullopt;
  return time_point{*date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} + std::chrono::seconds{*second} +
         *fraction - *east;
}

}  // namespace treaty
