#pragma once

#include <caf/all.hpp>

#include "actors/lane.hpp"

namespace treaty {

/// Makes write sets durable: takes everything that waits, commits it with one sync, sends each lane its results. Never
/// waits for more to come. While the store is failing it tries once a second whether it serves again.
/// Runs on a thread of its own, because a sync blocks. Ends at `stop_working`, when what came before is done.
void committer(caf::blocking_actor* self, lane_surroundings* around);

}  // namespace treaty
