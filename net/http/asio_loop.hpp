#pragma once

#include <memory>

#include "net/loop.hpp"

namespace boost::asio {
class io_context;
}

namespace treaty {

class name_resolver;
struct name_look_up;

/// A lane's loop on Asio: one thread runs it, and the lane's sockets live on `io()`.
class asio_loop final : public loop {
public:
  asio_loop();
  /// Another name service than the system's.
  explicit asio_loop(name_look_up names);
  /// Work that has not run by now never will: it is destroyed with the loop. Not while `run` is active.
  ~asio_loop() override;

  /// For the transports of this lane. It never runs out of work before `stop`.
  boost::asio::io_context& io();
  name_resolver& names();

  void post(std::function<void()> work) override;
  void wake_at(time_point when, std::function<void()> work) override;
  bool on_thread() const override;
  void start(std::function<void()> begin, std::function<void()> end) override;
  void stop() override;
  void join() override;
  void pause(std::chrono::milliseconds span) override;
  /// Runs until `stop`, in place of `start`. Blocks the calling thread, which becomes the loop's.
  void run();

private:
  class state;
  std::unique_ptr<state> state_;
};

}  // namespace treaty
