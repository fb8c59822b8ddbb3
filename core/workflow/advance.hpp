#pragma once

#include <optional>

#include "core/workflow/state.hpp"

namespace treaty::workflow {

/// Decides one event (states and rules: state.hpp). Total, deterministic, free of side effects.
transition advance(txn_state state, const event& e, const context& ctx);

/// When the application is called back; unset: only a client can move it.
std::optional<time_point> next_moment(const txn_state& state);

}  // namespace treaty::workflow
