#include "net/wire/list_filters.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>
#include <utility>

#include "net/wire/operator_requests.hpp"
#include "net/wire/text_encoding.hpp"

namespace treaty {
namespace {

failure refuse(std::string detail) {
  return {errc::invalid_argument, std::move(detail)};
}

std::string in_quotes(std::string_view text) {
  return "'" + std::string{text} + "'";
}

/// RFC 3339, or milliseconds since 1970; these mean the whole millisecond: `within` is added. Never unset.
result<time_point> read_moment(std::string_view name, std::string_view text, duration within) {
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max() / 1'000'000 - 1;
  constexpr time_point first{std::chrono::nanoseconds{1}};
  if (const auto count = whole_number(text); count && *count >= 0) {
    return std::max(first, time_point{std::chrono::milliseconds{std::min(*count, last)} + within});
  }
  if (const auto moment = parse_rfc3339(text)) return std::max(first, *moment);
  return refuse(std::string{name} + " must be a time as in RFC 3339 or milliseconds since 1970, not " +
                in_quotes(text));
}

result<void> set_status(std::string_view text, list_request& into) {
  into.status = parse_txn_status(text);
  if (into.status) return {};
  return refuse("status must be prepared, submitted, aborting, succeed or failed, not " + in_quotes(text));
}

result<void> set_type(std::string_view text, list_request& into) {
  into.type = parse_trans_type(text);
  if (into.type) return {};
  return refuse("type must be saga, tcc, xa, msg or workflow, not " + in_quotes(text));
}

result<void> set_created_from(std::string_view text, list_request& into) {
  TREATY_TRY(into.created_from, read_moment("created_from", text, {}));
  return {};
}

result<void> set_created_to(std::string_view text, list_request& into) {
  TREATY_TRY(into.created_to, read_moment("created_to", text, std::chrono::nanoseconds{999'999}));
  return {};
}

result<void> set_gid_prefix(std::string_view text, list_request& into) {
  if (text.empty() || text.size() > gid_length_max) {
    return refuse("gid_prefix must have 1 to " + std::to_string(gid_length_max) + " bytes");
  }
  into.gid_prefix = text;
  return {};
}

result<void> set_stuck(std::string_view text, list_request& into) {
  if (text != "true" && text != "false") return refuse("stuck must be true or false, not " + in_quotes(text));
  into.stuck = text == "true";
  return {};
}

result<void> set_destination(std::string_view text, list_request& into) {
  if (text.empty()) return refuse("destination must not be empty; it is a host with its port, as in bank:8080");
  into.destination = text;
  return {};
}

result<void> set_limit(std::string_view text, list_request& into) {
  const auto limit = whole_number(text);
  if (!limit || *limit < 1 || *limit > static_cast<std::int64_t>(api_page_max)) {
    return refuse("limit must be a number from 1 to " + std::to_string(api_page_max) + ", not " + in_quotes(text));
  }
  into.limit = static_cast<std::size_t>(*limit);
  return {};
}

result<void> set_cursor(std::string_view text, list_request& into) {
  if (text.empty()) return refuse("cursor must be a page's next_cursor; leave it out for the first page");
  into.position = text;
  return {};
}

constexpr std::array filters{
    list_filter{"status", json_kind::text, set_status},
    list_filter{"type", json_kind::text, set_type},
    list_filter{"created_from", json_kind::moment, set_created_from},
    list_filter{"created_to", json_kind::moment, set_created_to},
    list_filter{"gid_prefix", json_kind::text, set_gid_prefix},
    list_filter{"stuck", json_kind::flag, set_stuck},
    list_filter{"destination", json_kind::text, set_destination},
};
/// What narrows the page and not the list.
constexpr std::array page_fields{
    list_filter{"limit", json_kind::number, set_limit},
    list_filter{"cursor", json_kind::text, set_cursor},
};

template <std::size_t N>
const list_filter* find(const std::array<list_filter, N>& among, std::string_view name) {
  const auto found =
      std::find_if(among.begin(), among.end(), [name](const list_filter& one) { return one.name == name; });
  return found == among.end() ? nullptr : &*found;
}

}  // namespace

const list_filter* find_filter(std::string_view name) {
  return find(filters, name);
}

const list_filter* find_page_field(std::string_view name) {
  return find(page_fields, name);
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace treaty
