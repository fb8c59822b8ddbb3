#pragma once

#include <optional>

#include "core/transition.hpp"

/// Branches that the client registers while it works, and that we bring to one end afterwards: tcc and xa.
///
///   -         --prepare--> prepared     the client registers branches and calls them itself
///   prepared  --submit---> submitted    call `forward` of each branch, one after another, until all succeeded
///   prepared  --abort----> aborting     call `backward` of each branch, one after another, until all succeeded
///   prepared  --silence--> aborting     when the time limit (its own, else the server's) has passed
///   submitted --all succeeded--> succeed        aborting --all succeeded--> failed
///   any unfinished --forceStop--> failed
///
/// After the decision there is no way back: whatever a branch answers but success, it is called again.
namespace treaty::two_phase {

struct rules {
  branch_op forward;
  branch_op backward;
  bool last_registered_first;
};

transition advance(const rules& how, txn_state state, const event& e, const context& ctx);
std::optional<time_point> next_moment(const txn_state& state);

}  // namespace treaty::two_phase
