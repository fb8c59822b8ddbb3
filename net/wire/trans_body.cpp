#include "net/wire/trans_body.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "net/wire/json_reader.hpp"
#include "net/wire/own_options.hpp"

namespace treaty {
namespace {

using simdjson::dom::element;

using texts = std::vector<std::string>;

result<void> read_seconds(element value, std::string_view field, std::chrono::seconds& into) {
  std::int64_t count = into.count();
  if (auto read = read_count(value, field, count); !read) return read;
  into = std::min(std::chrono::seconds{count}, span_max);
  return {};
}

result<void> read_array(element value, std::string_view field, simdjson::dom::array& into) {
  if (value.get(into) != simdjson::SUCCESS) return wrong_type(field, "an array", value);
  return {};
}

result<void> read_payloads(element value, texts& into) {
  if (value.is_null()) return {};
  simdjson::dom::array listed;
  if (auto read = read_array(value, "payloads", listed); !read) return read;
  into.clear();
  into.reserve(std::min(listed.size(), steps_max));
  for (const element one : listed) {
    if (auto read = read_text(one, "payloads[]", into.emplace_back()); !read) return read;
  }
  return {};
}

/// A number, or a text of digits: a step's other members are texts, and some clients have maps of texts only.
result<void> read_step_seconds(element value, std::string_view field, std::chrono::seconds& into) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return read_seconds(value, field, into);
  TREATY_TRY(into, parse_seconds(text, field));
  return {};
}

result<void> read_number(element value, std::string_view field, double& into) {
  if (value.get(into) != simdjson::SUCCESS) return wrong_type(field, "a number", value);
  return {};
}

result<void> read_growth(element value, std::string_view field, txn_options& into) {
  double factor = 0;
  if (value.is_null()) return {};
  if (auto read = read_number(value, field, factor); !read) return read;
  TREATY_TRY(into.retry_growth_percent, growth_percent(factor, field));
  return {};
}

result<void> read_jitter(element value, std::string_view field, txn_options& into) {
  double share = 0;
  if (value.is_null()) return {};
  if (auto read = read_number(value, field, share); !read) return read;
  TREATY_TRY(into.retry_jitter_percent, jitter_percent(share, field));
  return {};
}

result<void> read_notify_url(element value, std::string_view field, txn_options& into) {
  std::string url;
  if (auto read = read_text(value, field, url); !read) return read;
  TREATY_TRY(into.notify_url, checked_notify_url(url, field));
  return {};
}

result<void> read_step(element value, step& into, std::string& data) {
  if (value.is_null()) return {};
  simdjson::dom::object members;
  if (value.get(members) != simdjson::SUCCESS) return wrong_type("steps[]", "an object", value);
  for (const auto [key, member] : members) {  // a map on the client's side: its keys keep their case
    result<void> read;
    if (key == "action") read = read_text(member, "steps[].action", into.action);
    if (key == "compensate") read = read_text(member, "steps[].compensate", into.compensate);
    if (key == "data") read = read_text(member, "steps[].data", data);
    if (key == "request_timeout") read = read_step_seconds(member, "steps[].request_timeout", into.request_timeout);
    if (!read) return read;
  }
  return {};
}

result<void> read_steps(element value, std::vector<step>& into, texts& data) {
  if (value.is_null()) return {};
  simdjson::dom::array listed;
  if (auto read = read_array(value, "steps", listed); !read) return read;
  into.clear();
  into.reserve(std::min(listed.size(), steps_max));
  data.clear();
  for (const element one : listed) {
    if (into.size() == steps_max) {
      return failure{errc::invalid_argument, "more than " + std::to_string(steps_max) + " steps"};
    }
    std::string text;
    if (auto read = read_step(one, into.emplace_back(), text); !read) return read;
    if (!text.empty()) data.push_back(std::move(text));
  }
  return {};
}

result<void> read_text_map(element value, std::string_view field, std::map<std::string, std::string>& into) {
  simdjson::dom::array none;
  const bool empty_array = value.get(none) == simdjson::SUCCESS && none.size() == 0;  // PHP's empty map
  if (value.is_null() || empty_array) return {};
  simdjson::dom::object members;
  if (value.get(members) != simdjson::SUCCESS) return wrong_type(field, "an object", value);
  into.clear();
  for (const auto [key, member] : members) {
    if (auto read = read_text(member, std::string{field} + "{}", into[std::string{key}]); !read) return read;
  }
  return {};
}

struct reading {
  trans_body body;
  texts step_data;
};

struct field {
  std::string_view name;
  result<void> (*read)(element value, std::string_view name, reading& into);
};

// Not here, so ignored: what is obsolete (passthrough_headers) and what belongs to the stored record (status, id, ..).
constexpr std::array fields{
    field{"gid", [](element v, std::string_view f, reading& r) { return read_text(v, f, r.body.gid.value); }},
    field{"trans_type", [](element v, std::string_view f, reading& r) { return read_text(v, f, r.body.trans_type); }},
    field{"steps", [](element v, std::string_view, reading& r) { return read_steps(v, r.body.steps, r.step_data); }},
    field{"payloads", [](element v, std::string_view, reading& r) { return read_payloads(v, r.body.payloads); }},
    field{"protocol", [](element v, std::string_view f, reading& r) { return read_text(v, f, r.body.protocol); }},
    field{"custom_data", [](element v, std::string_view f, reading& r) { return read_text(v, f, r.body.custom_data); }},
    field{"query_prepared",
          [](element v, std::string_view f, reading& r) { return read_text(v, f, r.body.query_prepared); }},
    field{"rollback_reason",
          [](element v, std::string_view f, reading& r) { return read_text(v, f, r.body.rollback_reason); }},
    field{"wait_result",
          [](element v, std::string_view f, reading& r) { return read_flag(v, f, r.body.options.wait_result); }},
    field{"timeout_to_fail",
          [](element v, std::string_view f, reading& r) { return read_seconds(v, f, r.body.options.timeout_to_fail); }},
    field{"request_timeout",
          [](element v, std::string_view f, reading& r) { return read_seconds(v, f, r.body.options.request_timeout); }},
    field{"retry_interval",
          [](element v, std::string_view f, reading& r) { return read_seconds(v, f, r.body.options.retry_interval); }},
    field{"branch_headers",
          [](element v, std::string_view f, reading& r) { return read_text_map(v, f, r.body.options.branch_headers); }},
    field{"req_extra", [](element v, std::string_view f, reading& r) { return read_text_map(v, f, r.body.req_extra); }},
    field{"concurrent",
          [](element v, std::string_view f, reading& r) { return read_flag(v, f, r.body.options.concurrent); }},
    field{"retry_limit",
          [](element v, std::string_view f, reading& r) { return read_count(v, f, r.body.options.retry_limit); }},
    field{"retry_count",
          [](element v, std::string_view f, reading& r) { return read_count(v, f, r.body.options.retry_count); }},
    field{"retry_interval_max", [](element v, std::string_view f,
                                   reading& r) { return read_seconds(v, f, r.body.options.retry_interval_max); }},
    field{"retry_growth", [](element v, std::string_view f, reading& r) { return read_growth(v, f, r.body.options); }},
    field{"retry_jitter", [](element v, std::string_view f, reading& r) { return read_jitter(v, f, r.body.options); }},
    field{"notify_url",
          [](element v, std::string_view f, reading& r) { return read_notify_url(v, f, r.body.options); }},
};

void append(texts&& more, texts& into) {
  into.insert(into.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

gid stripped_gid(std::string_view text) {
  gid out{std::string{text}};
  std::erase_if(out.value, [](char byte) { return byte == '\r' || byte == '\n' || byte == ';'; });
  return out;
}

result<trans_body> parse_trans_body(std::string_view json, gid_form form) {
  json_text text;
  TREATY_TRY(const element root, text.parse(json));
  reading out;
  if (root.is_null()) return std::move(out.body);
  simdjson::dom::object members;
  if (root.get(members) != simdjson::SUCCESS) {
    return failure{errc::invalid_argument, "the body must be a JSON object"};
  }
  for (const auto [key, value] : members) {
    const auto known =
        std::find_if(fields.begin(), fields.end(), [name = key](const field& f) { return same_name(name, f.name); });
    if (known == fields.end()) continue;
    if (auto read = known->read(value, known->name, out); !read) return read.error();
  }
  if (form == gid_form::stripped) out.body.gid = stripped_gid(out.body.gid.value);
  append(std::move(out.step_data), out.body.payloads);
  return std::move(out.body);
}

result<void> parse_steps(std::string_view json, trans_body& into) {
  if (json.empty()) return {};
  json_text text;
  TREATY_TRY(const element root, text.parse(json));
  texts data;
  if (auto read = read_steps(root, into.steps, data); !read) return read;
  append(std::move(data), into.payloads);
  return {};
}

}  // namespace treaty
