#pragma once

#include <chrono>

namespace treaty {

/// Wall-clock moments and spans. A moment that was never set is `time_point{}`.
///
/// Decisions get `now` as a value. The shell takes it from the steady clock, anchored on the wall clock at start, so
/// that a wall clock that is set back or forth moves no timer (docs/architecture.md, "Time").
using duration = std::chrono::nanoseconds;
using time_point = std::chrono::sys_time<duration>;

constexpr bool is_set(time_point when) {
  return when != time_point{};
}

}  // namespace treaty
