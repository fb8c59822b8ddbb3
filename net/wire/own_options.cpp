#include "net/wire/own_options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "net/hook_address.hpp"
#include "net/wire/trans_body.hpp"

namespace treaty {
namespace {

failure refuse(std::string_view field, std::string_view why) {
  std::string detail = "field '";
  detail.append(field).append("' ").append(why);
  return {errc::invalid_argument, std::move(detail)};
}

std::uint32_t in_percent(double share) {
  return static_cast<std::uint32_t>(std::lround(share * 100));
}

}  // namespace

result<std::uint32_t> growth_percent(double factor, std::string_view field) {
  if (factor >= 1 && factor <= retry_growth_most) return in_percent(factor);  // false for what is not a number
  return refuse(field, "must be from 1 to 100");
}

result<std::uint32_t> jitter_percent(double share, std::string_view field) {
  if (share >= 0 && share <= 1) return in_percent(share);
  return refuse(field, "must be from 0 to 1");
}

result<std::string> checked_notify_url(std::string_view url, std::string_view field) {
  if (url.size() > notify_url_bytes_max) return refuse(field, "is longer than 2048 bytes");
  if (url.empty()) return std::string{};
  if (const auto usable = parse_hook_address(url); !usable)
    return refuse(field, "is not usable: " + usable.error().detail);
  return std::string{url};
}

result<std::chrono::seconds> parse_seconds(std::string_view text, std::string_view field) {
  std::int64_t count = 0;
  if (text.empty()) return std::chrono::seconds{0};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool all_digits = std::all_of(text.begin(), text.end(), [](char one) { return one >= '0' && one <= '9'; });
  if (error == std::errc::result_out_of_range && all_digits) return span_max;
  if (error != std::errc{} || !all_digits || end != text.data() + text.size()) {
    return refuse(field, "must be a whole number of seconds, not '" + std::string{text} + "'");
  }
  return std::min(std::chrono::seconds{count}, span_max);
}

}  // namespace treaty
