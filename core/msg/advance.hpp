#pragma once

#include <optional>

#include "core/base/result.hpp"
#include "core/msg/state.hpp"

namespace treaty::msg {

/// Decides one event (states and rules: state.hpp). Total, deterministic, free of side effects.
transition advance(txn_state state, const event& e, const context& ctx);

/// When a message with nothing in flight wants `timer_fired`; unset: only a client can move it.
std::optional<time_point> next_moment(const txn_state& state);

/// Errors: invalid_argument: too many steps, steps without payload.
result<void> check(const txn_definition& definition);

}  // namespace treaty::msg
