#pragma once

#include <optional>

#include "core/transition.hpp"

namespace treaty {

/// Decides one event of a transaction of any type, or of none yet: only prepare and submit bring one into being.
transition advance(txn_state state, const event& e, const context& ctx);

/// When a transaction with nothing in flight wants `timer_fired`; unset: only a client can move it.
std::optional<time_point> next_moment(const txn_state& state);

/// The state that a stored record stands for, with nothing in flight.
txn_state state_of(txn_record record);

}  // namespace treaty
