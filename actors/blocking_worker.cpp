#include "actors/blocking_worker.hpp"

namespace treaty {

void blocking_worker::run() {
  lane_unit::current() = &unit_;
  events_->run();
  unit_.discard();
  lane_unit::current() = nullptr;
}

void blocking_worker::stop() {
  if (!thread_.joinable()) return;
  events_->post([this] {
    caf::anon_send(actor_, stop_working{});
    events_->post([this] { events_->stop(); });  // stands behind the actor's turn
  });
  thread_.join();
}

}  // namespace treaty
