#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>

#include "net/deadlines.hpp"

namespace treaty {

/// Deadlines on a lane's loop, all on one timer. Threads: the lane's own.
class lane_deadlines : public std::enable_shared_from_this<lane_deadlines> {
public:
  using clock = deadline_list::clock;
  explicit lane_deadlines(boost::asio::io_context& io) : timer_{io} {}
  /// `entry` expires at `when`, up to one tick late.
  void watch(deadline_entry& entry, clock::time_point when);
  void close();

private:
  void arm(clock::time_point when);

  deadline_list list_;
  boost::asio::basic_waitable_timer<clock, boost::asio::wait_traits<clock>, boost::asio::io_context::executor_type>
      timer_;
  std::optional<clock::time_point> armed_;
};

}  // namespace treaty
