#pragma once

#include <future>
#include <memory>
#include <thread>

#include "net/branch_client.hpp"
#include "net/http/asio_loop.hpp"

namespace treaty::kit {

/// A lane's loop with its thread. The loop ends before what was made on it is destroyed, when it is declared last.
class lane_thread {
public:
  explicit lane_thread(std::shared_ptr<asio_loop> loop) : loop_{std::move(loop)}, thread_{[this] { loop_->run(); }} {}
  lane_thread(const lane_thread&) = delete;
  lane_thread& operator=(const lane_thread&) = delete;
  ~lane_thread() { stop(); }
  void stop() {
    loop_->stop();
    if (thread_.joinable()) thread_.join();
  }

  /// Starts a call from the lane's thread.
  std::future<branch_reply> start(branch_client& client, branch_call call) {
    auto reply = std::make_shared<std::promise<branch_reply>>();
    auto future = reply->get_future();
    loop_->post([&client, call = std::move(call), reply] {
      const auto inside = std::make_shared<bool>(true);
      client.call(call, [reply, inside](branch_reply what) {
        if (*inside) what.detail += " (answered inline!)";
        reply->set_value(std::move(what));
      });
      *inside = false;
    });
    return future;
  }

private:
  std::shared_ptr<asio_loop> loop_;
  std::thread thread_;
};

}  // namespace treaty::kit
