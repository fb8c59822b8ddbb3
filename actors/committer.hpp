#pragma once

#include <caf/all.hpp>
#include <vector>

#include "actors/lane.hpp"

namespace treaty {

/// Makes write sets durable: takes everything that waits, commits it with one sync, sends each lane its results. Never
/// waits for more to come. While the store is failing it looks once a second whether it serves again.
class committer_state {
public:
  static inline const char* name = "committer";

  explicit committer_state(caf::event_based_actor* self) : self_{self} {}
  void begin(blocking_worker& on, lane_surroundings& around);

  void take(commit_batch&& batch);
  void commit_what_waits();
  void look_at_the_store();

private:
  void note_figures();

  caf::event_based_actor* self_;
  blocking_worker* worker_ = nullptr;
  lane_surroundings* around_ = nullptr;
  std::vector<commit_batch> waiting_;
  store_figures seen_;
};

caf::behavior committer(caf::stateful_actor<committer_state>* self, blocking_worker* on, lane_surroundings* around);

}  // namespace treaty
