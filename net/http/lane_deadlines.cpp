#include "net/http/lane_deadlines.hpp"

namespace treaty {

void lane_deadlines::watch(deadline_entry& entry, clock::time_point when) {
  list_.add(entry, when);
  const auto moment = deadline_list::moment_of(when);
  if (!armed_ || moment < *armed_) arm(moment);
}

void lane_deadlines::arm(clock::time_point when) {
  armed_ = when;
  timer_.expires_at(when);
  timer_.async_wait([alive = weak_from_this(), when](const boost::system::error_code& error) {
    const auto self = alive.lock();
    if (error || !self || self->armed_ != when) return;
    self->armed_.reset();
    self->list_.sweep(clock::now());
    // What expired may have begun to watch something that comes later.
    if (const auto next = self->list_.earliest(); next && (!self->armed_ || *next < *self->armed_)) self->arm(*next);
  });
}

void lane_deadlines::close() {
  timer_.cancel();
}

}  // namespace treaty
