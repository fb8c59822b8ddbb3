#pragma once

#include <functional>
#include <memory>

#include "core/base/time.hpp"

namespace treaty {

/// One thread's event loop: what a lane runs on. The sockets of a lane and its actors share it. Threads come from here
/// only, so that a test may run every loop of a process on one.
class loop {
public:
  loop() = default;
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;
  virtual ~loop() = default;

  /// Runs `work` later on the loop's thread, never inline, in the order of the calls. Threads: any.
  virtual void post(std::function<void()> work) = 0;
  /// Sets the loop's one wake-up: `work` runs once at `when` (or at once when that has passed); replaces the one set
  /// before. Threads: the loop's own.
  virtual void wake_at(time_point when, std::function<void()> work) = 0;
  /// True on the thread that runs the loop.
  virtual bool on_thread() const = 0;

  /// Starts the loop's thread, which runs `begin`, then the loop until `stop`, then `end`. Called once.
  virtual void start(std::function<void()> begin, std::function<void()> end) = 0;
  /// Threads: any.
  virtual void stop() = 0;
  /// Waits until the thread has ended, when there is one. Threads: no loop's.
  virtual void join() = 0;
  /// Waits for about `span` while the loops of the process go on. Threads: no loop's.
  virtual void pause(std::chrono::milliseconds span) = 0;
};

/// The process's clock: steady, anchored on the wall clock when the process started. Threads: any.
time_point now();

}  // namespace treaty
