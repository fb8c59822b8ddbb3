#pragma once

#include <memory>

#include "net/loop.hpp"

namespace boost::asio {
class io_context;
}

namespace treaty {

/// A lane's loop on Asio: one thread calls `run`, and the lane's sockets live on `io()`.
class asio_loop final : public loop {
public:
  asio_loop();
  /// Work that has not run by now never will: it is destroyed with the loop. Not while `run` is active.
  ~asio_loop() override;

  /// For the transports of this lane. It never runs out of work before `stop`.
  boost::asio::io_context& io();

  void post(std::function<void()> work) override;
  void wake_at(time_point when, std::function<void()> work) override;
  bool on_thread() const override;
  void run() override;
  void stop() override;

private:
  class state;
  std::unique_ptr<state> state_;
};

}  // namespace treaty
