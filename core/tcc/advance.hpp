#pragma once

#include "core/tcc/state.hpp"

namespace treaty::tcc {

/// Decides one event (states and rules: state.hpp). Total, deterministic, free of side effects.
transition advance(txn_state state, const event& e, const context& ctx);

}  // namespace treaty::tcc
