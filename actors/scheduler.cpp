#include "actors/scheduler.hpp"

#include "core/base/assert.hpp"

namespace treaty {
namespace {

constexpr std::size_t messages_a_turn = 64;  // of one actor, before the next one runs
constexpr std::size_t actors_a_turn = 256;   // before the sockets are looked at again

}  // namespace

lane_unit*& lane_unit::current() {
  static thread_local lane_unit* unit = nullptr;
  return unit;
}

void lane_unit::exec_later(caf::resumable* job) {
  TREATY_ASSERT(current() == this);
  ready_.push_back(job);
  if (posted_) return;
  posted_ = true;
  events_.post([this] { run_ready(); });
}

void lane_unit::run_ready() {
  for (std::size_t turn = 0; turn < actors_a_turn && !ready_.empty(); ++turn) {
    caf::resumable* job = ready_.front();
    ready_.pop_front();
    if (job->resume(this, messages_a_turn) == caf::resumable::resume_later) {
      ready_.push_back(job);
    } else {
      caf::intrusive_ptr_release(job);
    }
  }
  posted_ = !ready_.empty();
  if (posted_) events_.post([this] { run_ready(); });
}

void lane_unit::discard() {
  while (!ready_.empty()) {
    caf::resumable* job = ready_.front();
    ready_.pop_front();
    caf::intrusive_ptr_release(job);
  }
}

void lane_scheduler::enqueue(caf::resumable* job) {
  lane_unit* const unit = lane_unit::current();
  TREATY_ASSERT(unit != nullptr);  // see lane_unit: other threads post into the loop first
  unit->exec_later(job);
}

}  // namespace treaty
