#pragma once

#include <chrono>
#include <cstddef>

namespace treaty {

/// Says when a destination has so many calls waiting for their turn that more work for it would only make all of them
/// late. A burst is let in as long as its last call would wait no longer than `wait_max`, or than a call takes, when
/// that is longer. Once calls have waited for more than a fifth of that for a whole second, the queue stands, and is
/// held at that fifth until calls wait less than half of it for a second.
class crowd_gate {
public:
  using time = std::chrono::steady_clock::time_point;

  /// 0: never crowded.
  explicit crowd_gate(std::chrono::nanoseconds wait_max) : wait_max_{wait_max} {}

  /// A call took that long, from its start to its answer.
  void took(std::chrono::nanoseconds call);
  /// Whether the next one should not come, when `ahead` calls wait for one of `places` before it.
  bool is_crowded(time now, std::size_t ahead, std::size_t places);

private:
  bool is_standing(time now, std::chrono::nanoseconds wait, std::chrono::nanoseconds standing_max);

  const std::chrono::nanoseconds wait_max_;
  std::chrono::nanoseconds usual_{0};  // what a call takes: the average of the last ones
  bool stands_ = false;
  time as_before_at_{};  // when the wait last was as it is while nothing changes
  time asked_at_{};
};

}  // namespace treaty
