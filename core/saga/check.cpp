#include "core/saga/advance.hpp"

namespace treaty::saga {
namespace {

/// Takes away the steps that wait for nothing that is left, looking at each order once; what stays waits in a circle.
bool orders_have_circle(std::size_t steps, const saga_plan& plan) {
  std::vector<std::vector<std::uint32_t>> followers(steps);
  std::vector<std::size_t> waits_for(steps, 0);
  for (const auto& [step, befores] : plan.orders) {
    waits_for[step] = befores.size();
    for (const std::uint32_t before : befores) followers[before].push_back(step);
  }
  std::vector<std::size_t> free;
  for (std::size_t step = 0; step < steps; ++step) {
    if (waits_for[step] == 0) free.push_back(step);
  }
  std::size_t taken = 0;
  for (; !free.empty(); ++taken) {
    const std::size_t step = free.back();
    free.pop_back();
    for (const std::uint32_t later : followers[step]) {
      if (--waits_for[later] == 0) free.push_back(later);
    }
  }
  return taken < steps;
}

/// In a serial saga each step also waits for the one before it, so an order may only look back.
bool orders_look_forward(const saga_plan& plan) {
  for (const auto& [step, befores] : plan.orders) {
    for (const std::uint32_t before : befores) {
      if (before >= step) return true;
    }
  }
  return false;
}

}  // namespace

result<void> check_plan(std::size_t steps, const saga_plan& plan) {
  for (const auto& [step, befores] : plan.orders) {
    bool known = step < steps;
    for (const std::uint32_t before : befores) known = known && before < steps;
    if (!known) {
      return failure{errc::invalid_argument, "custom_data orders name a step that does not exist; there are " +
                                                 std::to_string(steps) + " steps, counted from 0"};
    }
  }
  if (plan.concurrent ? orders_have_circle(steps, plan) : orders_look_forward(plan)) {
    return failure{errc::invalid_argument,
                   "custom_data orders wait for each other: no step of the circle could ever run"};
  }
  return {};
}

result<void> check(const txn_definition& definition) {
  const std::size_t steps = definition.steps.size();
  if (definition.payloads.size() < steps) {
    return failure{errc::invalid_argument, "index out of range: " + std::to_string(steps) + " steps but only " +
                                               std::to_string(definition.payloads.size()) + " payloads"};
  }
  if (steps > steps_max) {
    return failure{errc::invalid_argument, std::to_string(steps) + " steps; at most " + std::to_string(steps_max)};
  }
  return check_plan(steps, definition.saga);
}

}  // namespace treaty::saga
