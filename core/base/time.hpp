#pragma once

#include <chrono>

namespace treaty {

/// Wall-clock moments and spans. A moment that was never set is `time_point{}`.
///
/// Decisions get `now` as a value. The shell takes it from the steady clock, anchored on the wall clock at start, so
/// that a wall clock that is set back or forth moves no timer (docs/architecture.md, "Time").
using duration = std::chrono::nanoseconds;
using time_point = std::chrono::sys_time<duration>;

/// Longer waits are cut to this one, so that no number a client may send reaches beyond what a moment can hold.
inline constexpr std::chrono::seconds longest_wait{std::chrono::hours{24 * 365 * 100}};

constexpr bool is_set(time_point when) {
  return when != time_point{};
}

}  // namespace treaty
