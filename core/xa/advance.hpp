#pragma once

#include "core/xa/state.hpp"

namespace treaty::xa {

/// Decides one event (states and rules: state.hpp). Total, deterministic, free of side effects.
transition advance(txn_state state, const event& e, const context& ctx);

}  // namespace treaty::xa
