#pragma once

#include <cstddef>

#include "core/transition.hpp"

/// The calls of a saga: which may leave now, and what their definite answers leave behind.
namespace treaty::saga {

std::size_t step_count(const txn_state& state);

bool all_actions_succeeded(const txn_state& state);

/// Calls every action that may run now; empty URLs succeed without a call. Ends the saga when none is left.
void call_ready_actions(transition& out, const context& ctx);

/// The same for compensations: serial from last to first, concurrent side by side but against the orders.
void call_ready_compensations(transition& out, const context& ctx);

}  // namespace treaty::saga
