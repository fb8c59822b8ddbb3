#pragma once

#include <caf/all.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "actors/scheduler.hpp"
#include "net/loop.hpp"

namespace treaty {

/// Makes the loops of workers; the application knows what they are made of.
using loop_factory = std::function<std::shared_ptr<loop>()>;

/// Sent to a worker's actor as its last message.
struct stop_working {};

/// A thread with one actor that may block: it waits for disks, which lanes must not. It is spoken to through `send`
/// only, so that everything that crosses threads goes through a loop. The actor handles `stop_working` by quitting.
class blocking_worker {
public:
  /// Spawns `body(self, args...)` on a thread of its own, which starts at once.
  template <class Body, class... Args>
  blocking_worker(caf::actor_system& system, std::shared_ptr<loop> events, Body body, Args... args)
      : events_{std::move(events)}, unit_{system, *events_} {
    lane_unit::current() = &unit_;
    actor_ = system.spawn(body, this, std::move(args)...);
    lane_unit::current() = nullptr;
    events_->start([this] { unit_.enter(); }, [this] { unit_.leave(); });
  }
  blocking_worker(const blocking_worker&) = delete;
  blocking_worker& operator=(const blocking_worker&) = delete;
  ~blocking_worker() { stop(); }

  /// Messages arrive in the order of the calls. Threads: any.
  template <class Message>
  void send(Message what) {
    events_->post(
        [this, held = std::make_shared<Message>(std::move(what))] { caf::anon_send(actor_, std::move(*held)); });
  }
  /// Sends after a while; a later call replaces an earlier one. Threads: the worker's own.
  template <class Message>
  void send_after(std::chrono::milliseconds wait, Message what) {
    events_->wake_at(now() + wait, [this, what] { caf::anon_send(actor_, what); });
  }
  /// Lets the actor end after what was sent before, and waits for the thread. Threads: not the worker's.
  void stop();

private:
  std::shared_ptr<loop> events_;
  lane_unit unit_;
  caf::actor actor_;
  bool stopped_ = false;
};

}  // namespace treaty

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(treaty::stop_working)
