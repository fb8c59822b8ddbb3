#pragma once

#include <caf/all.hpp>
#include <caf/detail/thread_safe_actor_clock.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <deque>
#include <vector>

#include "net/loop.hpp"

namespace treaty {

/// Runs actors on a lane's loop, between its sockets. Actors that are spawned or spoken to from a lane's thread stay on
/// that lane. Another thread never sends to a lane's actor: it posts into the loop, and sends from there.
class lane_unit final : public caf::execution_unit {
public:
  lane_unit(caf::actor_system& system, loop& events) : caf::execution_unit{&system}, events_{events} {}

  /// The unit of the calling thread; null outside lanes.
  static lane_unit*& current();
  /// Threads: the lane's own.
  void exec_later(caf::resumable* job) override;
  /// Lets go of jobs that will not run any more. Threads: the lane's own, at its end.
  void discard();

private:
  void run_ready();

  loop& events_;
  std::deque<caf::resumable*> ready_;
  bool posted_ = false;
};

/// CAF's scheduler module, without threads of its own: CAF's "stealing" policy is quadratic under load, and a pool
/// beside the sockets' threads would cost a wake-up for each message (docs/decisions/0003-actors-on-lanes.md).
class lane_scheduler final : public caf::scheduler::abstract_coordinator {
public:
  explicit lane_scheduler(caf::actor_system& system) : abstract_coordinator{system} {}

  void enqueue(caf::resumable* job) override;
  void start() override { abstract_coordinator::start(); }
  void stop() override { stop_actors(); }
  caf::actor_clock& clock() noexcept override { return clock_; }

private:
  caf::detail::thread_safe_actor_clock clock_;  // no actor of ours asks it for anything: lanes have timer wheels
};

}  // namespace treaty
