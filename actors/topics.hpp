#pragma once

#include <caf/all.hpp>

#include "actors/lane.hpp"
#include "core/topics/topic.hpp"

namespace treaty {

/// Every topic that the store holds, for `topics` to begin with. Blocks. Errors: corrupt, unavailable.
result<topic_map> load_topics(const store& kept);

/// Owns the topics of this process: takes changes one by one, so that none is lost, and expands messages, so that each
/// finds every change that was answered before it. On a thread of its own, because a change waits for the disk.
/// `deliver` takes expanded messages on to their transactions.
caf::behavior topics(caf::event_based_actor* self, blocking_worker* on, lane_surroundings* around,
                     std::function<void(envelope)> deliver);

}  // namespace treaty
