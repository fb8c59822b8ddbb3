#include "actors/blocking_worker.hpp"

namespace treaty {

void blocking_worker::stop() {
  if (std::exchange(stopped_, true)) return;
  events_->post([this] {
    caf::anon_send(actor_, stop_working{});
    events_->post([this] { events_->stop(); });  // stands behind the actor's turn
  });
  events_->join();
}

}  // namespace treaty
