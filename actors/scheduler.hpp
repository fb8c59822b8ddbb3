#pragma once

#include <caf/all.hpp>
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
  /// From here on the calling thread is the lane's.
  void enter();
  /// Lets go of jobs that will not run any more. Threads: the lane's own, at its end.
  void leave();

private:
  void run_ready();

  loop& events_;
  std::deque<caf::resumable*> ready_;
  bool posted_ = false;
};

/// No actor of ours asks CAF for the time: lanes have timer wheels. CAF's own clock would need a thread, and its queue
/// blocks whoever ends an actor while that thread is late.
class no_clock final : public caf::actor_clock {
public:
  void set_ordinary_timeout(time_point, caf::abstract_actor*, caf::atom_value, std::uint64_t) override {}
  void set_multi_timeout(time_point, caf::abstract_actor*, caf::atom_value, std::uint64_t) override {}
  void set_request_timeout(time_point, caf::abstract_actor*, caf::message_id) override {}
  void cancel_ordinary_timeout(caf::abstract_actor*, caf::atom_value) override {}
  void cancel_request_timeout(caf::abstract_actor*, caf::message_id) override {}
  void cancel_timeouts(caf::abstract_actor*) override {}
  void schedule_message(time_point, caf::strong_actor_ptr, caf::mailbox_element_ptr) override {}
  void schedule_message(time_point, caf::group, caf::strong_actor_ptr, caf::message) override {}
  void cancel_all() override {}
};

/// CAF's scheduler module, without threads of its own: CAF's "stealing" policy is quadratic under load, and a pool
/// beside the sockets' threads would cost a wake-up for each message (docs/decisions/0003-lanes-run-the-actors.md).
class lane_scheduler final : public caf::scheduler::abstract_coordinator {
public:
  explicit lane_scheduler(caf::actor_system& system) : abstract_coordinator{system} {}

  void enqueue(caf::resumable* job) override;
  void start() override { abstract_coordinator::start(); }
  void stop() override { stop_actors(); }
  caf::actor_clock& clock() noexcept override { return clock_; }

private:
  no_clock clock_;
};

}  // namespace treaty
