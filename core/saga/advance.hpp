#pragma once

#include <optional>

#include "core/base/result.hpp"
#include "core/saga/state.hpp"

namespace treaty::saga {

/// Decides one event of a saga (states and rules: state.hpp). Total, deterministic, free of side effects.
/// A request that the status does not allow is answered with a refusal and changes nothing.
transition advance(txn_state state, const event& e, const context& ctx);

/// When a saga with nothing in flight wants `timer_fired`; unset: only a client can move it.
std::optional<time_point> next_moment(const txn_state& state);

/// Errors: invalid_argument: too many steps, steps without payload, orders that name no step or wait for each other in
/// a circle.
result<void> check(const txn_definition& definition);
/// The part of it that is about orders: for a submit that brings new ones to the steps of a prepared saga.
result<void> check_plan(std::size_t steps, const saga_plan& plan);

}  // namespace treaty::saga
