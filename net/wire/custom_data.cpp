#include "net/wire/custom_data.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "net/wire/json_reader.hpp"
#include "net/wire/text_encoding.hpp"
#include "net/wire/trans_body.hpp"

namespace treaty {
namespace {

using simdjson::dom::element;

failure unusable(trans_type of, std::string_view why) {
  return {errc::invalid_argument,
          "custom_data of a " + std::string{to_string(of)} + " is not usable: " + std::string{why}};
}

result<void> read_data(element value, std::string& into) {
  std::string text;
  if (auto read = read_text(value, "data", text); !read) return read;
  auto bytes = decode_base64(text);
  if (!bytes) return failure{errc::invalid_argument, "its data is no base64"};
  into = *std::move(bytes);
  return {};
}

}  // namespace

result<workflow_plan> parse_workflow_plan(std::string_view custom_data) {
  const auto refuse = [](std::string_view why) { return unusable(trans_type::workflow, why); };
  json_text text;
  auto root = text.parse(custom_data);
  if (!root) return refuse(root.error().detail);
  simdjson::dom::object members;
  if (root->get(members) != simdjson::SUCCESS) return refuse("it must be a JSON object");
  workflow_plan plan;
  for (const auto [key, value] : members) {
    result<void> read;
    if (same_name(key, "name")) read = read_text(value, "name", plan.name);
    if (same_name(key, "data")) read = read_data(value, plan.data);
    if (!read) return refuse(read.error().detail);
  }
  if (plan.name.empty()) return refuse("it has no name");
  return plan;
}

result<std::chrono::seconds> parse_delay(std::string_view custom_data) {
  std::int64_t seconds = 0;
  if (custom_data.empty()) return std::chrono::seconds{0};
  json_text text;
  auto root = text.parse(custom_data);
  if (!root) return unusable(trans_type::msg, root.error().detail);
  if (root->is_null()) return std::chrono::seconds{0};
  simdjson::dom::object members;
  if (root->get(members) != simdjson::SUCCESS) return unusable(trans_type::msg, "it must be a JSON object");
  for (const auto [key, value] : members) {
    if (!same_name(key, "delay")) continue;
    if (auto read = read_count(value, "delay", seconds); !read) return unusable(trans_type::msg, read.error().detail);
  }
  return std::min(std::chrono::seconds{seconds}, span_max);
}

}  // namespace treaty
