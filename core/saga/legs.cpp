#include "core/saga/legs.hpp"

#include <vector>

#include "core/legs.hpp"
#include "core/lifecycle.hpp"
#include "core/saga/state.hpp"

namespace treaty::saga {

std::size_t step_count(const txn_state& state) {
  return state.record.definition->steps.size();
}

bool all_actions_succeeded(const txn_state& state) {
  for (std::size_t step = step_count(state); step-- > 0;) {  // from the end: there the open ones are
    if (state.record.progress.legs[action_leg(step)].status != leg_status::succeed) return false;
  }
  return true;
}

namespace {

/// Side by side: which steps may run once this one has succeeded?
std::vector<std::vector<std::size_t>> followers_of(const txn_definition& definition) {
  std::vector<std::vector<std::size_t>> followers(definition.steps.size());
  for (const auto& [step, befores] : definition.saga.orders) {
    for (const std::uint32_t before : befores) followers[before].push_back(step);
  }
  return followers;
}

/// Calls the step's action when it may run; returns true when that settled it at once.
bool start_action(transition& out, std::size_t step, const context& ctx) {
  if (!may_start(out.next, action_leg(step), ctx) || !is_runnable(out.next.record, step)) return false;
  return start_leg(out, action_leg(step), ctx);
}

bool is_undone(const txn_record& record, std::size_t step) {
  return !needs_compensation(record, step) ||
         record.progress.legs[compensation_leg(step)].status == leg_status::succeed;
}

bool all_compensated(const txn_state& state) {
  for (std::size_t step = 0; step < step_count(state); ++step) {
    if (state.in_flight[action_leg(step)] != 0 || !is_undone(state.record, step)) return false;
  }
  return true;
}

/// Starts the step's compensation when it may run; returns true when that settled it at once.
bool start_compensation(transition& out, std::size_t step, const context& ctx) {
  if (is_undone(out.next.record, step) || !may_start(out.next, compensation_leg(step), ctx)) return false;
  if (out.next.in_flight[action_leg(step)] != 0) return false;  // its action may still be executing
  return start_leg(out, compensation_leg(step), ctx);
}

void compensate_from_last_to_first(transition& out, const context& ctx) {
  for (std::size_t step = step_count(out.next); step-- > 0;) {
    start_compensation(out, step, ctx);
    if (!is_undone(out.next.record, step) || out.next.in_flight[action_leg(step)] != 0) return;
  }
}

/// Side by side, but a step that others come after waits until those are undone.
void compensate_against_orders(transition& out, const context& ctx) {
  const auto& orders = out.next.record.definition->saga.orders;
  std::vector<std::size_t> blockers(step_count(out.next), 0);
  for (const auto& [later, befores] : orders) {
    if (is_undone(out.next.record, later)) continue;
    for (const std::uint32_t before : befores) blockers[before] += 1;
  }
  std::vector<std::size_t> ready;
  for (std::size_t step = 0; step < blockers.size(); ++step) {
    if (blockers[step] == 0) ready.push_back(step);
  }
  while (!ready.empty()) {
    const std::size_t step = ready.back();
    ready.pop_back();
    const auto order = orders.find(static_cast<std::uint32_t>(step));
    if (!start_compensation(out, step, ctx) || order == orders.end()) continue;
    for (const std::uint32_t before : order->second) {
      if (--blockers[before] == 0) ready.push_back(before);
    }
  }
}

/// One after another: only the first that has not succeeded can be ready, and the next if that has an empty URL.
void call_next_action(transition& out, const context& ctx) {
  std::size_t step = serial_steps_done(out.next.record);
  while (step < step_count(out.next) && start_action(out, step, ctx)) ++step;
  if (step == step_count(out.next)) finish(out, txn_status::succeed, ctx);
}

}  // namespace

void call_ready_actions(transition& out, const context& ctx) {
  if (!out.next.record.definition->saga.concurrent) return call_next_action(out, ctx);
  std::vector<std::size_t> settled;  // empty URLs: each may unlock others
  for (std::size_t step = 0; step < step_count(out.next); ++step) {
    if (start_action(out, step, ctx)) settled.push_back(step);
  }
  if (settled.empty()) return;
  const auto followers = followers_of(*out.next.record.definition);
  while (!settled.empty()) {
    const std::size_t step = settled.back();
    settled.pop_back();
    for (const std::size_t later : followers[step]) {
      if (start_action(out, later, ctx)) settled.push_back(later);
    }
  }
  if (all_actions_succeeded(out.next)) finish(out, txn_status::succeed, ctx);
}

void call_ready_compensations(transition& out, const context& ctx) {
  if (out.next.record.definition->saga.concurrent) {
    compensate_against_orders(out, ctx);
  } else {
    compensate_from_last_to_first(out, ctx);
  }
  if (all_compensated(out.next)) finish(out, txn_status::failed, ctx);
}

}  // namespace treaty::saga
