#pragma once

#include "core/two_phase.hpp"

/// TCC: a branch is tried by the client, then confirmed or cancelled by us, the last registered first. Each registered
/// branch has two rows, cancel and confirm, with one payload. States and rules: core/two_phase.hpp.
namespace treaty::tcc {

inline constexpr two_phase::rules rules{branch_op::confirm, branch_op::cancel, /*last_registered_first=*/true};

}  // namespace treaty::tcc
