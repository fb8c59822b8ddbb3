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

void lane_unit::enter() {
  current() = this;
}

void lane_unit::leave() {
  while (!ready_.empty()) {
    caf::resumable* job = ready_.front();
    ready_.pop_front();
    caf::intrusive_ptr_release(job);
  }
  current() = nullptr;
}

void lane_scheduler::enqueue(caf::resumable* job) {
  if (lane_unit* const unit = lane_unit::current()) return unit->exec_later(job);
  // CAF's own service actors, which hear that the system ends: run here and now. Ours are never spoken to like this.
  caf::scoped_execution_unit here{&system()};
  while (job->resume(&here, messages_a_turn) == caf::resumable::resume_later) continue;
  caf::intrusive_ptr_release(job);
}

}  // namespace treaty
