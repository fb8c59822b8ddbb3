#pragma once

#include <caf/all.hpp>

#include "actors/lane.hpp"

namespace treaty {

/// Reads the store, for transactions that come back into memory and for clients that ask. On a thread of its own,
/// because reads block.
caf::behavior reader(caf::event_based_actor* self, blocking_worker* on, lane_surroundings* around);

}  // namespace treaty
