#include "core/saga/advance.hpp"

namespace treaty::saga {
namespace {

/// Takes away, round by round, the steps that wait for nothing that is left; a circle is what stays.
bool orders_have_circle(const txn_definition& definition) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> left = definition.saga.orders;
  for (bool again = true; again && !left.empty();) {
    again = false;
    for (auto order = left.begin(); order != left.end();) {
      bool waits = false;
      for (const std::uint32_t before : order->second) waits = waits || left.contains(before);
      if (waits) {
        ++order;
      } else {
        order = left.erase(order);
        again = true;
      }
    }
  }
  return !left.empty();
}

/// In a serial saga each step also waits for the one before it, so an order may only look back.
bool orders_look_forward(const txn_definition& definition) {
  for (const auto& [step, befores] : definition.saga.orders) {
    for (const std::uint32_t before : befores) {
      if (before >= step) return true;
    }
  }
  return false;
}

}  // namespace

result<void> check(const txn_definition& definition) {
  const std::size_t steps = definition.steps.size();
  if (definition.payloads.size() < steps) {
    return failure{errc::invalid_argument, "index out of range: " + std::to_string(steps) + " steps but only " +
                                               std::to_string(definition.payloads.size()) + " payloads"};
  }
  if (steps > steps_max) {
    return failure{errc::invalid_argument, std::to_string(steps) + " steps; at most " + std::to_string(steps_max)};
  }
  for (const auto& [step, befores] : definition.saga.orders) {
    bool known = step < steps;
    for (const std::uint32_t before : befores) known = known && before < steps;
    if (!known) {
      return failure{errc::invalid_argument, "custom_data orders name a step that does not exist; there are " +
                                                 std::to_string(steps) + " steps, counted from 0"};
    }
  }
  if (definition.saga.concurrent ? orders_have_circle(definition) : orders_look_forward(definition)) {
    return failure{errc::invalid_argument,
                   "custom_data orders wait for each other: no step of the circle could ever run"};
  }
  return {};
}

}  // namespace treaty::saga
