#pragma once

#include <chrono>
#include <functional>

namespace treaty {

/// From now on SIGINT, SIGTERM and SIGHUP wait until `wait_for_end` takes them, in this thread and those it starts;
/// SIGPIPE is ignored. Call it before any other thread exists.
void hold_signals();

/// Blocks until the process is asked to end, and returns the signal that asked; meanwhile calls `look` about once in
/// `every`. SIGHUP is logged and has no effect.
int wait_for_end(std::chrono::milliseconds every, const std::function<void()>& look);

/// From now on another SIGINT or SIGTERM ends the process at once.
void let_signals_kill();

}  // namespace treaty
