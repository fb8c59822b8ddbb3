#pragma once

#include "actors/lane.hpp"

namespace treaty {

/// Removes finished transactions whose time is over, on the sweeper's thread: a bounded number at a time, and again
/// soon while there are more. Called once a second; does nothing in most of them. Threads: the first lane's.
void sweep_when_due(lane_surroundings& around);

}  // namespace treaty
