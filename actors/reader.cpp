#include "actors/reader.hpp"

namespace treaty {

caf::behavior reader(caf::event_based_actor* self, blocking_worker*, lane_surroundings* around) {
  return {
      [around](load_request& wanted) {
        auto answer = std::make_shared<std::pair<caf::actor, loaded>>(std::move(wanted.to),
                                                                      loaded{around->kept.load(wanted.gid)});
        // The handle travels with it: the last one must not be dropped on this thread.
        wanted.home->post([answer = std::move(answer)] { caf::anon_send(answer->first, std::move(answer->second)); });
      },
      [around](read_job& job) { job.run(around->kept); },
      [self](stop_working) { self->quit(); },
  };
}

}  // namespace treaty
