#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "net/http/lane_socket.hpp"

namespace treaty {

/// The open connections of one server on one lane, and the timer that looks after them while there are any.
/// `Connection` has a public `std::size_t place`, which is ours. Threads: the lane's own, where nothing else is said.
template <class Connection>
class lane_connections {
public:
  explicit lane_connections(const lane_socket::executor_type& lane) : sweeper_{lane} {}

  void add(std::shared_ptr<Connection> one) {
    one->place = open_.size();
    open_.push_back(std::move(one));
    count_.store(open_.size(), std::memory_order_relaxed);
  }

  void remove(Connection& which) {
    const std::size_t place = which.place;
    std::swap(open_[place], open_.back());
    open_[place]->place = place;
    open_.pop_back();
    count_.store(open_.size(), std::memory_order_relaxed);
  }

  /// Backwards, so that a connection that ends in `work` moves only those that had their turn.
  template <class Work>
  void for_each(Work work) {
    for (std::size_t left = open_.size(); left-- > 0;) {
      const std::shared_ptr<Connection> one = open_[left];
      work(*one);
    }
  }

  bool empty() const { return open_.empty(); }
  /// Threads: any.
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

  /// Runs `sweep` again and again while connections are open, four times in the shortest of their time limits. `sweep`
  /// keeps us alive.
  void sweep_later(std::chrono::milliseconds shortest_limit, std::function<void()> sweep) {
    if (std::exchange(sweeping_, true)) return;
    sweeper_.expires_after(std::clamp(shortest_limit / 4, sweep_least, sweep_most));
    sweeper_.async_wait([this, shortest_limit, sweep = std::move(sweep)](const boost::system::error_code& error) {
      sweeping_ = false;
      if (error || open_.empty()) return;
      sweep();
      if (!open_.empty()) sweep_later(shortest_limit, sweep);
    });
  }
  void stop_sweeping() { sweeper_.cancel(); }

  /// Runs `work` on the lane. Threads: any.
  template <class Work>
  void post(Work work) {
    boost::asio::post(sweeper_.get_executor(), std::move(work));
  }

private:
  using clock = std::chrono::steady_clock;
  using timer = boost::asio::basic_waitable_timer<clock, boost::asio::wait_traits<clock>, lane_socket::executor_type>;
  static constexpr std::chrono::milliseconds sweep_least{5};
  static constexpr std::chrono::milliseconds sweep_most{1'000};

  timer sweeper_;
  std::vector<std::shared_ptr<Connection>> open_;
  std::atomic<std::size_t> count_{0};
  bool sweeping_ = false;
};

}  // namespace treaty
