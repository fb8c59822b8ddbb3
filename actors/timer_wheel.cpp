#include "actors/timer_wheel.hpp"

#include <algorithm>

namespace treaty {
namespace {

constexpr unsigned tick_shift = 22;  // 2^22 ns = 4.19 ms

}  // namespace

void timer_node::disarm() {
  if (wheel_ == nullptr) return;
  leave();
  wheel_->size_ -= 1;
  wheel_ = nullptr;
}

timer_wheel::tick timer_wheel::tick_at_or_after(time_point when) {
  const auto nanoseconds = std::max<std::int64_t>(when.time_since_epoch().count(), 0);
  return (static_cast<tick>(nanoseconds) + (tick{1} << tick_shift) - 1) >> tick_shift;
}

timer_wheel::tick timer_wheel::tick_before(time_point when) {
  return static_cast<tick>(std::max<std::int64_t>(when.time_since_epoch().count(), 0)) >> tick_shift;
}

timer_wheel::~timer_wheel() {
  const auto release = [](detail::timer_link& list) {
    while (!list.is_alone()) static_cast<timer_node*>(list.next)->disarm();
  };
  release(due_now_);
  for (auto& level : wheel_) std::for_each(level.begin(), level.end(), release);
}

void timer_wheel::arm(timer_node& node, time_point due) {
  node.disarm();
  node.due_ = due;
  node.wheel_ = this;
  size_ += 1;
  link(node);
}

void timer_wheel::link(timer_node& node) {
  const tick when = tick_at_or_after(node.due_);
  if (when <= current_) return due_now_.insert_last(node);
  tick reach = when - current_;
  unsigned level = 0;
  while (level + 1 < levels && reach >= (tick{1} << (slot_bits * (level + 1)))) ++level;
  // Beyond the last level's reach: as far away as it goes; looked at again from there.
  const tick farthest = current_ + (tick{1} << (slot_bits * levels)) - (tick{1} << (slot_bits * (levels - 1)));
  wheel_[level][slot_of(std::min(when, farthest), level)].insert_last(node);
}

void timer_wheel::relink(detail::timer_link& list) {
  detail::timer_link taken;
  while (!list.is_alone()) {
    detail::timer_link& one = *list.next;
    one.leave();
    taken.insert_last(one);
  }
  while (!taken.is_alone()) {
    auto& node = static_cast<timer_node&>(*taken.next);
    node.leave();
    link(node);
  }
}

void timer_wheel::step() {
  current_ += 1;
  for (unsigned level = levels - 1; level > 0; --level) {
    const bool slot_begins = (current_ & ((tick{1} << (slot_bits * level)) - 1)) == 0;
    if (slot_begins) relink(wheel_[level][slot_of(current_, level)]);
  }
  relink(wheel_[0][slot_of(current_, 0)]);
}

/// The first tick after `current_` at which a slot in use begins; cascades stop there too.
std::optional<timer_wheel::tick> timer_wheel::first_used_tick() const {
  std::optional<tick> first;
  for (unsigned level = 0; level < levels; ++level) {
    const tick slot_ticks = tick{1} << (slot_bits * level);
    tick begin = (current_ & ~(slot_ticks - 1)) + slot_ticks;
    for (std::size_t seen = 0; seen < slots && (!first || begin < *first); ++seen, begin += slot_ticks) {
      if (wheel_[level][slot_of(begin, level)].is_alone()) continue;
      first = begin;
      break;
    }
  }
  return first;
}

std::size_t timer_wheel::advance(time_point now, std::size_t limit) {
  const tick target = tick_before(now);
  std::size_t fired = 0;
  for (;;) {
    while (!due_now_.is_alone()) {
      if (fired == limit) return fired;
      auto& node = static_cast<timer_node&>(*due_now_.next);
      node.disarm();
      node.fire();
      ++fired;
    }
    if (current_ >= target) return fired;
    const auto next = first_used_tick();
    if (!next || *next > target) {
      current_ = target;
      return fired;
    }
    current_ = *next - 1;
    step();
  }
}

std::optional<time_point> timer_wheel::next_wake() const {
  if (!due_now_.is_alone()) return time_point{duration{static_cast<std::int64_t>(current_ << tick_shift)}};
  const auto next = first_used_tick();
  if (!next) return std::nullopt;
  return time_point{duration{static_cast<std::int64_t>(*next << tick_shift)}};
}

}  // namespace treaty
