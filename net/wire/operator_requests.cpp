#include "net/wire/operator_requests.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "net/wire/json_reader.hpp"
#include "net/wire/query_string.hpp"
#include "net/wire/text_encoding.hpp"

namespace treaty {
namespace {

using simdjson::dom::element;

failure refuse(std::string detail) {
  return {errc::invalid_argument, std::move(detail)};
}

std::string in_quotes(std::string_view text) {
  return "'" + std::string{text} + "'";
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// RFC 3339, or milliseconds since 1970; these mean the whole millisecond: `within` is added.
result<time_point> read_moment(std::string_view name, std::string_view text, duration within) {
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max() / 1'000'000 - 1;
  if (const auto count = whole_number(text); count && *count >= 0) {
    return time_point{std::chrono::milliseconds{std::min(*count, last)} + within};
  }
  if (const auto moment = parse_rfc3339(text)) return *moment;
  return refuse(std::string{name} + " must be a time as in RFC 3339 or milliseconds since 1970, not " +
                in_quotes(text));
}

using set_filter = result<void> (*)(std::string_view text, list_request& into);

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

enum class json_kind : std::uint8_t { text = 1, number, flag, moment };

struct filter {
  std::string_view name;
  json_kind kind;
  set_filter set;
};

constexpr std::array filters{
    filter{"status", json_kind::text, set_status},
    filter{"type", json_kind::text, set_type},
    filter{"created_from", json_kind::moment, set_created_from},
    filter{"created_to", json_kind::moment, set_created_to},
    filter{"gid_prefix", json_kind::text, set_gid_prefix},
    filter{"stuck", json_kind::flag, set_stuck},
    filter{"destination", json_kind::text, set_destination},
};
/// What narrows the page and not the list.
constexpr std::array page_fields{
    filter{"limit", json_kind::number, set_limit},
    filter{"cursor", json_kind::text, set_cursor},
};

template <std::size_t N>
const filter* find(const std::array<filter, N>& among, std::string_view name) {
  const auto found = std::find_if(among.begin(), among.end(), [name](const filter& one) { return one.name == name; });
  return found == among.end() ? nullptr : &*found;
}

/// The text that a query would have for this JSON value.
result<std::string> text_of(element value, const filter& of) {
  std::string_view text;
  const bool is_text = value.get(text) == simdjson::SUCCESS;
  bool flag = false;
  std::int64_t number = 0;
  switch (of.kind) {
    case json_kind::text:
      if (is_text) return std::string{text};
      return wrong_type(of.name, "a string", value);
    case json_kind::flag:
      if (value.get(flag) == simdjson::SUCCESS) return std::string{flag ? "true" : "false"};
      return wrong_type(of.name, "a boolean", value);
    case json_kind::moment:
      if (is_text) return std::string{text};
      if (value.get(number) == simdjson::SUCCESS) return std::to_string(number);
      return wrong_type(of.name, "a string or a whole number", value);
    case json_kind::number:
      if (value.get(number) == simdjson::SUCCESS) return std::to_string(number);
      return wrong_type(of.name, "a whole number", value);
  }
  return wrong_type(of.name, "something else", value);
}

result<void> set_from_json(element value, const filter& of, list_request& into) {
  TREATY_TRY(const std::string text, text_of(value, of));
  return of.set(text, into);
}

/// Names that were seen: the second of a name is refused, so that nobody wonders which one counts.
class names {
public:
  result<void> take(std::string_view name) {
    if (std::find(seen_.begin(), seen_.end(), name) != seen_.end()) {
      return refuse(std::string{name} + " stands there twice");
    }
    seen_.emplace_back(name);
    return {};
  }

private:
  std::vector<std::string> seen_;
};

result<simdjson::dom::object> object_of(element value, std::string_view what) {
  simdjson::dom::object members;
  if (value.get(members) == simdjson::SUCCESS) return members;
  return refuse(std::string{what} + " must be a JSON object");
}

result<void> read_filter(element value, list_request& into) {
  TREATY_TRY(const simdjson::dom::object members, object_of(value, "filter"));
  names seen;
  for (const auto [key, member] : members) {
    const filter* const known = find(filters, key);
    if (known == nullptr) return refuse("unknown member filter." + std::string{key});
    if (auto once = seen.take(key); !once) return once;
    if (auto set = set_from_json(member, *known, into); !set) return set;
  }
  return {};
}

result<void> read_note_text(element value, std::string_view name, std::size_t bytes_max, std::string& into) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return wrong_type(name, "a string", value);
  if (text.size() > bytes_max) {
    return refuse(std::string{name} + " has " + std::to_string(text.size()) + " bytes, at most " +
                  std::to_string(bytes_max) + " are kept");
  }
  into = text;
  return {};
}

/// Reads `key` when it is one of the note's; says whether it was.
result<bool> read_note(std::string_view key, element value, operator_note& into) {
  result<void> read;
  if (key == "actor") {
    read = read_note_text(value, "actor", history_actor_bytes_max, into.actor);
  } else if (key == "reason") {
    read = read_note_text(value, "reason", history_text_bytes_max, into.reason);
  } else {
    return false;
  }
  if (!read) return read.error();
  return true;
}

bool says_something(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\f\v") != std::string_view::npos;
}

result<void> check_note(const operator_note& by) {
  if (!says_something(by.actor)) return refuse("actor is needed: the history keeps who did it, so give a name");
  if (!says_something(by.reason)) return refuse("reason is needed: the history keeps why it was done");
  return {};
}

struct retry_many_reading {
  retry_many_request out;
  bool filtered = false;
  bool all = false;
};

result<void> read_retry_member(std::string_view key, element value, retry_many_reading& into) {
  TREATY_TRY(const bool noted, read_note(key, value, into.out.by));
  if (noted) return {};
  if (const filter* const page = find(page_fields, key)) return set_from_json(value, *page, into.out.what);
  if (key == "filter") {
    simdjson::dom::object members;
    into.filtered = value.get(members) == simdjson::SUCCESS && members.size() > 0;
    return read_filter(value, into.out.what);
  }
  if (key == "all") {
    if (value.get(into.all) == simdjson::SUCCESS) return {};
    return wrong_type("all", "a boolean", value);
  }
  return refuse("unknown member " + in_quotes(key));
}

/// A number with a unit, in milliseconds.
std::optional<std::chrono::milliseconds> parse_span(std::string_view text) {
  std::int64_t factor = 1'000;
  for (const auto& [unit, milliseconds] :
       {std::pair<std::string_view, std::int64_t>{"ms", 1}, {"s", 1'000}, {"m", 60'000}}) {
    if (!text.ends_with(unit)) continue;
    text.remove_suffix(unit.size());
    factor = milliseconds;
    break;
  }
  const auto count = whole_number(text);
  if (!count || *count < 0 || *count > api_wait_max.count()) return std::nullopt;
  return std::chrono::milliseconds{*count * factor};
}

}  // namespace

result<list_request> parse_list_query(std::string_view query) {
  list_request out;
  out.limit = api_page_default;
  names seen;
  for (const auto& [name, value] : query_values(query)) {
    const filter* known = find(filters, name);
    if (known == nullptr) known = find(page_fields, name);
    if (known == nullptr) return refuse("unknown parameter " + in_quotes(name));
    if (auto once = seen.take(name); !once) return once.error();
    if (auto set = known->set(value, out); !set) return set.error();
  }
  return out;
}

result<std::chrono::milliseconds> parse_wait_query(std::string_view query) {
  std::chrono::milliseconds out = api_wait_default;
  names seen;
  for (const auto& [name, value] : query_values(query)) {
    if (name != "timeout") return refuse("unknown parameter " + in_quotes(name));
    if (auto once = seen.take(name); !once) return once.error();
    const auto span = parse_span(value);
    if (!span || *span > api_wait_max) {
      return refuse("timeout must be at most 5m, as in 30s, 1500ms, 2m or 30 (seconds), not " + in_quotes(value));
    }
    out = *span;
  }
  return out;
}

result<void> parse_empty_query(std::string_view query) {
  const auto values = query_values(query);
  if (values.empty()) return {};
  return refuse("unknown parameter " + in_quotes(values.front().first));
}

result<operator_note> parse_operator_note(std::string_view json) {
  json_text text;
  TREATY_TRY(const element root, text.parse(json));
  TREATY_TRY(const simdjson::dom::object members, object_of(root, "the body"));
  operator_note out;
  names seen;
  for (const auto [key, value] : members) {
    if (auto once = seen.take(key); !once) return once.error();
    TREATY_TRY(const bool known, read_note(key, value, out));
    if (!known) return refuse("unknown member " + in_quotes(key));
  }
  if (auto said = check_note(out); !said) return said.error();
  return out;
}

result<retry_many_request> parse_retry_many(std::string_view json) {
  json_text text;
  TREATY_TRY(const element root, text.parse(json));
  TREATY_TRY(const simdjson::dom::object members, object_of(root, "the body"));
  retry_many_reading reading;
  reading.out.what.limit = api_page_default;
  names seen;
  for (const auto [key, value] : members) {
    if (auto once = seen.take(key); !once) return once.error();
    if (auto read = read_retry_member(key, value, reading); !read) return read.error();
  }
  if (auto said = check_note(reading.out.by); !said) return said.error();
  if (!reading.filtered && !reading.all) return refuse("filter is empty: to retry everything, say \"all\": true");
  if (reading.filtered && reading.all) return refuse("all and a filter contradict each other");
  return std::move(reading.out);
}

}  // namespace treaty
