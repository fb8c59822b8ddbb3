#include "net/wire/json_reader.hpp"

#include <algorithm>
#include <limits>

#include "net/wire/json_leniency.hpp"

namespace treaty {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::size_t shared_parser_bytes_max = 256u << 10;
constexpr std::string_view json_blanks = " \t\r\n";

std::string_view name_of(element_type type) {
  switch (type) {
    case element_type::ARRAY:
      return "an array";
    case element_type::OBJECT:
      return "an object";
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      return "a number";
    case element_type::STRING:
      return "a string";
    case element_type::BOOL:
      return "a boolean";
    case element_type::NULL_VALUE:
      return "null";
  }
  return "something else";
}

/// What DTM's clients have always been told is kept where it costs nothing; otherwise the parser's own words.
failure explain(std::string_view text, simdjson::error_code error) {
  const std::size_t start = text.find_first_not_of(json_blanks);
  if (start == std::string_view::npos) return {errc::invalid_argument, "unexpected end of JSON input"};
  const char first = text[start];
  if (first > ' ' && first < '\x7f' && std::string_view{"{[\"-0123456789tfn"}.find(first) == std::string_view::npos) {
    return {errc::invalid_argument, std::string{"invalid character '"} + first + "' looking for beginning of value"};
  }
  return {errc::invalid_argument, std::string{"invalid JSON: "} + simdjson::error_message(error)};
}

constexpr char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

result<element> json_text::parse(std::string_view text) {
  thread_local simdjson::dom::parser shared;
  if (text.size() > shared_parser_bytes_max) own_ = std::make_unique<simdjson::dom::parser>();
  simdjson::dom::parser& parser = own_ ? *own_ : shared;
  element root;
  const simdjson::error_code error = parser.parse(text.data(), text.size()).get(root);
  if (!error) return root;
  const auto lenient = as_go_reads(text);
  if (lenient && !parser.parse(lenient->data(), lenient->size()).get(root)) return root;  // which looks into no text
  return explain(text, error);
}

bool same_name(std::string_view key, std::string_view name) {
  return key.size() == name.size() &&
         std::equal(key.begin(), key.end(), name.begin(), [](char left, char right) { return lower(left) == right; });
}

failure wrong_type(std::string_view field, std::string_view wanted, element found) {
  std::string detail = "field '";
  detail.append(field).append("' must be ").append(wanted).append(", not ").append(name_of(found.type()));
  return {errc::invalid_argument, std::move(detail)};
}

result<void> read_text(element value, std::string_view field, std::string& into) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    into = text;
    return {};
  }
  if (value.is_null()) return {};
  return wrong_type(field, "a string", value);
}

result<void> read_flag(element value, std::string_view field, bool& into) {
  if (value.is_null()) return {};
  if (value.get(into) != simdjson::SUCCESS) return wrong_type(field, "a boolean", value);
  return {};
}

result<void> read_count(element value, std::string_view field, std::int64_t& into) {
  switch (value.type()) {
    case element_type::NULL_VALUE:
      return {};
    case element_type::INT64:
      into = value.get_int64().value_unsafe();
      if (into >= 0) return {};
      return failure{errc::invalid_argument, "field '" + std::string{field} + "' must not be negative"};
    case element_type::UINT64:  // only beyond the signed range
      into = std::numeric_limits<std::int64_t>::max();
      return {};
    case element_type::DOUBLE:
      return failure{errc::invalid_argument, "field '" + std::string{field} + "' must be a whole number"};
    case element_type::ARRAY:
    case element_type::OBJECT:
    case element_type::STRING:
    case element_type::BOOL:
      break;
  }
  return wrong_type(field, "a number", value);
}

}  // namespace treaty
