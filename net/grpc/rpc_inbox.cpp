#include "net/grpc/rpc_inbox.hpp"

#include <utility>

namespace treaty {

void rpc_inbox::put(std::shared_ptr<rpc> finished) {
  {
    const std::lock_guard lock{mutex_};
    finished_.push_back(std::move(finished));
    if (finished_.size() > 1) return;  // a hand-over is on its way
  }
  if (const auto lane = lane_.lock()) lane->post([self = shared_from_this()] { self->hand_over(); });
}

void rpc_inbox::hand_over() {
  batch taken;
  {
    const std::lock_guard lock{mutex_};
    taken.swap(finished_);
  }
  if (take_) take_(std::move(taken));
}

}  // namespace treaty
