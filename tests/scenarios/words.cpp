#include "tests/scenarios/words.hpp"

#include <algorithm>
#include <sstream>

#include "core/base/assert.hpp"
#include "tests/kit/mode_kit.hpp"

namespace treaty::scenarios {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in{text};
  for (std::string part; std::getline(in, part, separator);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

std::string quoted(const std::string& command) {
  const auto begin = command.find('"');
  return begin == std::string::npos ? "" : command.substr(begin + 1, command.rfind('"') - begin - 1);
}

std::uint32_t to_number(const std::string& text) {
  return static_cast<std::uint32_t>(std::stoul(text));
}

milliseconds to_span(const std::string& text) {
  if (text.ends_with("ms")) return milliseconds{to_number(text)};
  TREATY_ASSERT(text.ends_with('s'));
  return seconds{to_number(text)};
}

std::string span_text(std::chrono::nanoseconds span) {
  const auto whole = std::chrono::duration_cast<milliseconds>(span).count();
  return whole % 1000 == 0 ? std::to_string(whole / 1000) + "s" : std::to_string(whole) + "ms";
}

call_outcome to_outcome(const std::string& text) {
  for (const call_outcome one : all_call_outcomes) {
    if (to_string(one) == text) return one;
  }
  TREATY_ASSERT(false);
}

trans_type to_type(const std::string& text) {
  const auto type = parse_trans_type(text);
  TREATY_ASSERT(type.has_value());
  return *type;
}

namespace {

/// "1:0,2:0+1": step 1 after step 0, step 2 after both, counted from 0 as on the wire.
std::map<std::uint32_t, std::vector<std::uint32_t>> to_orders(const std::string& text) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> orders;
  for (const std::string& one : split(text, ',')) {
    const auto colon = one.find(':');
    for (const std::string& before : split(one.substr(colon + 1), '+')) {
      orders[to_number(one.substr(0, colon))].push_back(to_number(before));
    }
  }
  return orders;
}

void apply_option(txn_definition& made, const std::string& word) {
  const auto equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
  if (name == "concurrent") {
    (made.type == trans_type::saga ? made.saga.concurrent : made.options.concurrent) = true;
  } else if (name == "orders") {
    made.saga.orders = to_orders(value);
  } else if (name == "wait") {
    made.options.wait_result = true;
  } else if (name == "timeout") {
    made.options.timeout_to_fail = seconds{to_number(value)};
  } else if (name == "retry_limit") {
    made.options.retry_limit = to_number(value);
  } else if (name == "retry_count") {
    made.options.retry_count = to_number(value);
  } else if (name == "delay") {
    made.delay = seconds{to_number(value)};
  } else if (name == "query") {
    made.query_prepared = "http://bank/query";
  } else {
    TREATY_ASSERT(name == "retry_interval");
    made.options.retry_interval = seconds{to_number(value)};
  }
}

std::shared_ptr<const txn_definition> plain(const std::string& gid, trans_type type, std::vector<std::string> steps) {
  if (type == trans_type::saga) return kit::define(kit::saga_spec{.steps = std::move(steps), .gid = gid});
  return kit::define(kit::mode_spec{.type = type, .steps = std::move(steps), .gid = gid});
}

}  // namespace

std::shared_ptr<const txn_definition> to_definition(const std::vector<std::string>& words) {
  TREATY_ASSERT(words.size() >= 3);
  const trans_type type = to_type(words[2]);
  const bool has_steps = type == trans_type::saga || type == trans_type::msg;
  std::size_t index = 3;
  std::vector<std::string> steps;
  if (has_steps && index < words.size() && words[index] != "none") steps = split(words[index], ',');
  if (has_steps) ++index;
  auto made = std::make_shared<txn_definition>(*plain(words[1], type, std::move(steps)));
  for (; index < words.size(); ++index) apply_option(*made, words[index]);
  return made;
}

register_requested to_registration(const std::vector<std::string>& words, trans_type type, client_token reply_to) {
  kit::branch_spec spec{.id = words.at(1)};
  for (std::size_t index = 2; index < words.size(); ++index) {
    if (words[index].starts_with("no-")) {
      const auto op = parse_branch_op(words[index].substr(3));
      TREATY_ASSERT(op.has_value());
      spec.without.push_back(*op);
    } else if (words[index] == "failed") {
      spec.status = leg_status::failed;
    } else {
      spec.op_name = words[index];
    }
  }
  return kit::registration(type, spec, reply_to);
}

}  // namespace treaty::scenarios
