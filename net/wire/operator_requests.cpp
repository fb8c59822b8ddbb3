#include "net/wire/operator_requests.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/wire/json_reader.hpp"
#include "net/wire/list_filters.hpp"
#include "net/wire/query_string.hpp"

namespace treaty {
namespace {

using simdjson::dom::element;

failure refuse(std::string detail) {
  return {errc::invalid_argument, std::move(detail)};
}

std::string in_quotes(std::string_view text) {
  return "'" + std::string{text} + "'";
}

/// The text that a query would have for this JSON value.
result<std::string> text_of(element value, const list_filter& of) {
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

result<void> set_from_json(element value, const list_filter& of, list_request& into) {
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
    const list_filter* const known = find_filter(key);
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
  if (const list_filter* const page = find_page_field(key)) return set_from_json(value, *page, into.out.what);
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
    const list_filter* known = find_filter(name);
    if (known == nullptr) known = find_page_field(name);
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
