#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/time.hpp"

namespace treaty {

class timer_wheel;

namespace detail {

/// A circular list's link; a list is a link of its own that points to itself while it is empty.
struct timer_link {
  timer_link* previous = this;
  timer_link* next = this;

  timer_link() = default;
  timer_link(const timer_link&) = delete;
  timer_link& operator=(const timer_link&) = delete;

  bool is_alone() const { return next == this; }
  void leave() {
    previous->next = next;
    next->previous = previous;
    previous = next = this;
  }
  void insert_last(timer_link& link) {
    link.previous = previous;
    link.next = this;
    previous->next = &link;
    previous = &link;
  }
};

}  // namespace detail

/// Something that wants to be woken. In at most one wheel; leaves it when it is destroyed.
class timer_node : private detail::timer_link {
public:
  timer_node() = default;
  virtual ~timer_node() { disarm(); }

  /// Runs when the moment has come; the node is no longer armed then, and may be armed again or destroyed.
  virtual void fire() = 0;
  void disarm();
  bool is_armed() const { return wheel_ != nullptr; }
  /// What it was armed for last.
  time_point due() const { return due_; }

private:
  friend class timer_wheel;

  timer_wheel* wheel_ = nullptr;
  time_point due_{};
};

/// Hierarchical timer wheel: arming and disarming cost the same however many nodes wait. Nodes fire at their moment or
/// up to one tick (4.2 ms) later, never earlier. Has no clock and no thread: `advance` is told what time it is.
/// Threads: one at a time (a lane's).
class timer_wheel {
public:
  explicit timer_wheel(time_point start) : current_{tick_before(start)} {}
  timer_wheel(const timer_wheel&) = delete;
  timer_wheel& operator=(const timer_wheel&) = delete;
  ~timer_wheel();

  /// Arms the node for `due`, instead of what it was armed for. A moment that has passed fires at the next `advance`.
  void arm(timer_node& node, time_point due);

  /// Fires what is due at `now`, at most `limit` nodes; returns how many. What is left fires at the next call.
  std::size_t advance(time_point now, std::size_t limit);

  /// A moment not later than the next firing; unset: nothing is armed.
  std::optional<time_point> next_wake() const;
  std::size_t size() const { return size_; }

private:
  friend class timer_node;
  using tick = std::uint64_t;
  static constexpr unsigned slot_bits = 8;
  static constexpr std::size_t slots = std::size_t{1} << slot_bits;
  static constexpr unsigned levels = 4;

  static tick tick_at_or_after(time_point when);
  static tick tick_before(time_point when);
  static std::size_t slot_of(tick when, unsigned level) { return (when >> (slot_bits * level)) & (slots - 1); }
  void link(timer_node& node);
  void relink(detail::timer_link& list);
  void step();
  std::optional<tick> first_used_tick() const;

  std::array<std::array<detail::timer_link, slots>, levels> wheel_;
  detail::timer_link due_now_;  // left the wheel, not fired yet
  tick current_;                // everything before and at it has left the wheel
  std::size_t size_ = 0;
};

}  // namespace treaty
