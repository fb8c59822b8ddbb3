#include "net/wire/saga_plan.hpp"

#include <charconv>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "net/wire/json_reader.hpp"

namespace treaty {
namespace {

using simdjson::dom::element;
using step_list = std::vector<std::uint32_t>;

failure unusable(std::string_view why) {
  return {errc::invalid_argument, "custom_data of a saga is not usable: " + std::string{why}};
}

result<std::int64_t> step_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return unusable("orders has the key '" + std::string{text} + "', which is no step number");
  }
  return number;
}

result<step_list> read_pre_steps(element value, std::string_view of, std::size_t step_count) {
  step_list out;
  if (value.is_null()) return out;
  simdjson::dom::array listed;
  if (value.get(listed) != simdjson::SUCCESS) return unusable(wrong_type("orders{}", "an array", value).detail);
  for (const element one : listed) {
    std::int64_t step = 0;
    if (one.get(step) != simdjson::SUCCESS) return unusable(wrong_type("orders{}[]", "a step number", one).detail);
    if (step < 0 || static_cast<std::size_t>(step) >= step_count) {
      return unusable("step " + std::string{of} + " waits for step " + std::to_string(step) + ", and there are only " +
                      std::to_string(step_count));
    }
    out.push_back(static_cast<std::uint32_t>(step));
  }
  return out;
}

/// What PHP makes of a map whose keys are 0, 1, 2, .. in this order, or none at all: the place is the step.
result<void> read_listed_orders(simdjson::dom::array value, std::size_t step_count, saga_plan& into) {
  into.orders.clear();
  std::uint32_t step = 0;
  for (const element listed : value) {
    if (step >= step_count) break;
    TREATY_TRY(into.orders[step], read_pre_steps(listed, std::to_string(step), step_count));
    ++step;
  }
  return {};
}

result<void> read_orders(element value, std::size_t step_count, saga_plan& into) {
  if (value.is_null()) return {};
  simdjson::dom::array places;
  if (value.get(places) == simdjson::SUCCESS) return read_listed_orders(places, step_count, into);
  simdjson::dom::object members;
  if (value.get(members) != simdjson::SUCCESS) return unusable(wrong_type("orders", "an object", value).detail);
  into.orders.clear();
  for (const auto [key, listed] : members) {
    TREATY_TRY(const std::int64_t step, step_number(key));
    if (step < 0 || static_cast<std::size_t>(step) >= step_count) continue;
    TREATY_TRY(into.orders[static_cast<std::uint32_t>(step)], read_pre_steps(listed, key, step_count));
  }
  return {};
}

/// What every step waits for, turned round: followers of each step, and how many each step waits for.
struct order_graph {
  std::vector<step_list> followers;
  std::vector<std::size_t> waits;

  order_graph(const saga_plan& plan, std::size_t step_count) : followers(step_count), waits(step_count) {
    for (const auto& [step, before] : plan.orders) {
      for (const std::uint32_t one : before) link(one, step);
    }
    if (plan.concurrent) return;
    for (std::uint32_t step = 1; step < step_count; ++step) link(step - 1, step);
  }
  void link(std::uint32_t before, std::uint32_t after) {
    followers[before].push_back(after);
    ++waits[after];
  }
};

result<void> check_order(const saga_plan& plan, std::size_t step_count) {
  if (plan.orders.empty()) return {};
  order_graph graph{plan, step_count};
  step_list ready;
  for (std::uint32_t step = 0; step < step_count; ++step) {
    if (graph.waits[step] == 0) ready.push_back(step);
  }
  std::size_t done = 0;
  while (!ready.empty()) {
    const std::uint32_t step = ready.back();
    ready.pop_back();
    ++done;
    for (const std::uint32_t next : graph.followers[step]) {
      if (--graph.waits[next] == 0) ready.push_back(next);
    }
  }
  if (done == step_count) return {};
  return unusable("its orders form a circle, some steps would wait for ever");
}

}  // namespace

result<saga_plan> parse_saga_plan(std::string_view custom_data, std::size_t step_count) {
  saga_plan plan;
  if (custom_data.empty()) return plan;
  json_text text;
  auto root = text.parse(custom_data);
  if (!root) return unusable(root.error().detail);
  if (root->is_null()) return plan;
  simdjson::dom::object members;
  if (root->get(members) != simdjson::SUCCESS) return unusable("it must be a JSON object");
  for (const auto [key, value] : members) {
    if (same_name(key, "concurrent")) {
      if (auto read = read_flag(value, "concurrent", plan.concurrent); !read) return unusable(read.error().detail);
    } else if (same_name(key, "orders")) {
      if (auto read = read_orders(value, step_count, plan); !read) return read.error();
    }
  }
  if (auto possible = check_order(plan, step_count); !possible) return possible.error();
  return plan;
}

}  // namespace treaty
