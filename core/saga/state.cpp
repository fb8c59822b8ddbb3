#include "core/saga/state.hpp"

#include <algorithm>

namespace treaty::saga {
namespace {

bool action_succeeded(const txn_record& record, std::size_t step) {
  return record.progress.legs[action_leg(step)].status == leg_status::succeed;
}

}  // namespace

bool is_runnable(const txn_record& record, std::size_t step) {
  const saga_plan& plan = record.definition->saga;
  if (!plan.concurrent && step > 0 && !action_succeeded(record, step - 1)) return false;
  const auto order = plan.orders.find(static_cast<std::uint32_t>(step));
  if (order == plan.orders.end()) return true;
  return std::all_of(order->second.begin(), order->second.end(),
                     [&](std::uint32_t before) { return action_succeeded(record, before); });
}

std::size_t serial_steps_done(const txn_record& record) {
  std::size_t done = 0;
  for (std::size_t beyond = record.definition->steps.size(); done < beyond;) {
    const std::size_t middle = done + (beyond - done) / 2;
    action_succeeded(record, middle) ? done = middle + 1 : beyond = middle;
  }
  return done;
}

bool needs_compensation(const txn_record& record, std::size_t step) {
  const leg& action = record.progress.legs[action_leg(step)];
  return action.status != leg_status::prepared || action.attempts > 0;
}

time_point deadline(const txn_definition& definition) {
  if (definition.options.timeout_to_fail.count() <= 0) return {};
  return definition.create_time + std::min(definition.options.timeout_to_fail, longest_wait);
}

}  // namespace treaty::saga
