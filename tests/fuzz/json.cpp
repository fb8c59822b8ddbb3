#include "tests/fuzz/json.hpp"

#include <simdjson.h>

namespace treaty::fuzz {
namespace {

simdjson::simdjson_result<simdjson::dom::element> parse(std::string_view text) {
  thread_local simdjson::dom::parser parser;
  return parser.parse(text.data(), text.size());
}

}  // namespace

bool is_json(std::string_view text) {
  return parse(text).error() == simdjson::SUCCESS;
}

std::string_view json_member(std::string_view object, std::string_view key) {
  std::string_view out;
  if (parse(object)[key].get(out) != simdjson::SUCCESS) return {};
  return out;
}

bool is_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace treaty::fuzz
