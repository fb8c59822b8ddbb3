#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/http/client_metrics.hpp"
#include "net/http/lane_deadlines.hpp"
#include "net/http2/branch_grpc_client.hpp"
#include "net/http2/grpc_destination.hpp"

namespace treaty {

/// What the gRPC destinations of one lane share: the clock's one timer, limits, and the way back to the callers.
class grpc_client_core final : public std::enable_shared_from_this<grpc_client_core> {
public:
  using clock = std::chrono::steady_clock;

  grpc_client_core(std::shared_ptr<asio_loop> lane, std::shared_ptr<const discovery> where, grpc_client_options what,
                   http_client_metrics& metrics);
  void call(branch_call call, branch_done done);
  /// Queues the reply; it is handed out from the loop, so that a caller may call again from `done`.
  void complete(grpc_exchange_ptr what, branch_reply reply);
  void unavailable(grpc_exchange_ptr what, std::string_view why);
  /// Does not let it out.
  void hold_back(grpc_exchange_ptr what, std::string_view why);
  void timed_out(grpc_exchange& late);
  /// `entry` expires at `when`.
  void watch(deadline_entry& entry, clock::time_point when) { deadlines_->watch(entry, when); }
  double jitter() { return std::uniform_real_distribution<double>{0, 1}(random_); }
  std::size_t pending() const { return pending_; }
  bool is_crowded(std::string_view url, std::size_t coming) const;
  void close();

  const std::shared_ptr<asio_loop> lane;
  boost::asio::io_context& io;
  const grpc_client_options options;
  http_client_metrics& metrics;
  std::size_t waiting = 0;  // calls, for their turn

private:
  using lane_timer =
      boost::asio::basic_waitable_timer<clock, boost::asio::wait_traits<clock>, boost::asio::io_context::executor_type>;
  struct completion {
    branch_done done;
    branch_reply reply;
  };

  result<void> locate(grpc_exchange& what) const;
  result<grpc_destination*> destination_of(const std::string& target);
  void drop_oldest();
  void hand_out();
  void tidy_later();
  void tidy();

  const std::shared_ptr<const discovery> where_;
  const std::shared_ptr<lane_deadlines> deadlines_;  // outlives what is in it
  std::unordered_map<std::string, std::unique_ptr<grpc_destination>> destinations_;
  std::vector<completion> completed_;
  bool handing_out_ = false;
  lane_timer tidy_timer_;
  bool tidying_ = false;
  std::minstd_rand random_{std::random_device{}()};
  std::size_t pending_ = 0;
};

}  // namespace treaty
