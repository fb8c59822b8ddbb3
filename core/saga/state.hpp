#pragma once

#include <cstddef>

#include "core/transition.hpp"

/// A saga: actions one after another (or side by side), each undone by its compensation when one is refused.
///
///   -         --submit-->  submitted          call the actions that may run
///   -         --prepare->  prepared           nothing until it is submitted (never timed out: docs/protocol.md)
///   submitted --all actions succeed-------->  succeed
///   submitted --refusal, time-out, limit--->  aborting      compensate what was, or may have been, executed
///   aborting  --all compensated------------>  failed
///   any unfinished --forceStop------------->  failed
///
/// A refused action is compensated too: a refusal does not prove that nothing happened. A compensation may not refuse:
/// it is repeated until it succeeds. Serial: one action at a time, compensations strictly from last to first.
/// Concurrent: all at once, except where `orders` says that one step comes after others; undone in reverse.
namespace treaty::saga {

constexpr std::size_t compensation_leg(std::size_t step) {
  return 2 * step;
}
constexpr std::size_t action_leg(std::size_t step) {
  return 2 * step + 1;
}
constexpr bool is_action(std::size_t leg_index) {
  return leg_index % 2 == 1;
}
constexpr std::size_t step_of(std::size_t leg_index) {
  return leg_index / 2;
}

/// May this step's action be called, as far as other steps are concerned?
bool is_runnable(const txn_record& record, std::size_t step);

/// Serial and submitted: how many steps have succeeded, which are the first ones; the next is the only one that may
/// run.
std::size_t serial_steps_done(const txn_record& record);

/// While aborting: was the action executed, or may it have been? Fixed when the abort is decided (`attempts`), so that
/// an answer that comes later does not change whom we undo.
bool needs_compensation(const txn_record& record, std::size_t step);

/// The moment from which the saga is given up; unset: never.
time_point deadline(const txn_definition& definition);

}  // namespace treaty::saga
