#pragma once

#include "core/two_phase.hpp"

/// XA: a branch is prepared by the client in its database, then committed or rolled back by us, the first registered
/// first. Each registered branch has two rows, rollback and commit, with one URL and no payload.
/// States and rules: core/two_phase.hpp.
namespace treaty::xa {

inline constexpr two_phase::rules rules{branch_op::commit, branch_op::rollback, /*last_registered_first=*/false};

}  // namespace treaty::xa
