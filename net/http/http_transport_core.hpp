#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/http/client_metrics.hpp"
#include "net/http/http_connection.hpp"
#include "net/http/http_destination.hpp"
#include "net/http/http_transport.hpp"
#include "net/http/lane_deadlines.hpp"

namespace treaty {

/// What the destinations of one lane share: the clock's one timer, limits, and the way back to the callers.
class http_transport_core final : public std::enable_shared_from_this<http_transport_core> {
public:
  using clock = std::chrono::steady_clock;

  http_transport_core(std::shared_ptr<asio_loop> lane, http_client_options what, http_client_metrics& metrics);
  void send(outgoing_request request, judge_answer judge, branch_done done);
  void refuse(std::string_view why, branch_done done);
  /// Queues the reply; it is handed out from the loop, so that a caller may call again from `done`.
  void complete(branch_done done, branch_reply reply);
  void fail(exchange_ptr what, std::string_view why);
  /// Does not let it out, at least not again.
  void hold_back(exchange_ptr what, std::string_view why);
  /// Judges the answer, or follows it when it is a redirect.
  void answered(exchange_ptr what, response_parts& answer);
  void timed_out(exchange& late);
  /// `entry` expires at `when`.
  void watch(deadline_entry& entry, clock::time_point when);
  result<std::shared_ptr<tls_trust>> trust();
  double jitter() { return std::uniform_real_distribution<double>{0, 1}(random_); }
  std::size_t pending() const { return pending_; }
  /// Whether one more connection may be opened; idle ones make room.
  bool may_open();
  void opened();
  void closed();
  /// `there_is_room` of that destination is called when another one has closed a connection: first come, first served.
  void tell_of_room(const std::string& origin);
  std::size_t without_room() const { return without_room_.size(); }  // destinations
  bool is_crowded(std::string_view url, std::size_t coming) const;
  void close();

  const std::shared_ptr<asio_loop> lane;
  boost::asio::io_context& io;
  const http_client_options options;
  const connection_limits limits;
  http_client_metrics& metrics;
  std::size_t waiting = 0;  // calls, for a connection
  std::size_t idle = 0;     // connections, for a call

private:
  using lane_timer =
      boost::asio::basic_waitable_timer<clock, boost::asio::wait_traits<clock>, boost::asio::io_context::executor_type>;
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct completion {
    branch_done done;
    branch_reply reply;
  };

  http_destination& destination_of(const http_url& url);
  void dispatch(exchange_ptr what);
  void answered_at_length(exchange_ptr what, int status);
  void redirect(exchange_ptr what, int status, const std::string& location);
  void hand_out();
  void give_room();
  void tidy_later();
  void tidy();

  const std::shared_ptr<lane_deadlines> deadlines_;  // outlives what is in it
  std::unordered_map<std::string, std::unique_ptr<http_destination>, text_hash, std::equal_to<>> destinations_;
  std::vector<completion> completed_;
  bool handing_out_ = false;
  lane_timer tidy_timer_;
  bool tidying_ = false;
  std::shared_ptr<tls_trust> trust_;
  std::minstd_rand random_{std::random_device{}()};
  std::size_t pending_ = 0;
  std::size_t open_ = 0;                  // connections
  std::deque<std::string> without_room_;  // origins
  bool giving_room_ = false;
};

}  // namespace treaty
