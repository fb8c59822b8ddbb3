#pragma once

#include "tests/crash/points/crash_point.hpp"

namespace treaty::crash {

/// Reads what the environment arms; prints a complaint and ends the process when that is no point. Before any thread.
void arm_from_environment();
bool is_armed(crash_point point);
/// Counts a passage of `point`; does not return from the one that was armed. Threads: any.
void pass(crash_point point);
/// Counts a passage; true on the one that was armed. Whoever asks then ends with `die`.
bool is_last_passage(crash_point point);
[[noreturn]] void die();

}  // namespace treaty::crash
