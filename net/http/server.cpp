#include "net/http/server.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "net/http/asio_loop.hpp"
#include "net/http/lane_listener.hpp"
#include "net/http/server_connection.hpp"

namespace treaty {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using lane_executor = lane_socket::executor_type;
using lane_timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, lane_executor>;

constexpr std::chrono::milliseconds sweep_least{5};
constexpr std::chrono::milliseconds sweep_most{1'000};
constexpr std::size_t refusing_max = 128;  // connections over the limit that are told so at one time

std::chrono::milliseconds sweep_interval(const http_server_options& options) {
  const auto least = std::min({options.header_timeout, options.body_timeout, options.idle_timeout,
                               options.write_timeout, options.linger_timeout});
  return std::clamp(least / 4, sweep_least, sweep_most);
}

}  // namespace

class http_server::lane_server final : public connection_home, public std::enable_shared_from_this<lane_server> {
public:
  lane_server(asio::io_context& io, std::shared_ptr<lane_listener> listener)
      : listener_{std::move(listener)}, sweeper_{io.get_executor()} {}

  std::uint16_t port() const { return listener_->port(); }
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }
  server_figures figures() const { return {counted.accepted, counted.refused, counted.timed_out, counted.malformed}; }

  void start() {
    listener_->start([self = weak_from_this()](lane_socket socket) {
      if (const auto server = self.lock()) server->welcome(std::move(socket));
    });
  }

  /// Runs `work` on the lane.
  template <class Work>
  void on_lane(Work work) {
    asio::post(sweeper_.get_executor(), [self = shared_from_this(), work] { work(*self); });
  }

  void stop_accepting() { listener_->stop(); }

  void close_idle() {
    for_each([](server_connection& one) { one.close_when_idle(); });
  }

  void end() {
    stop_accepting();
    for_each([](server_connection& one) { one.close(); });
    sweeper_.cancel();
  }

  void closed(server_connection& which) override {
    const std::size_t place = which.place;
    std::swap(open[place], open.back());
    open[place]->place = place;
    open.pop_back();
    count_.store(open.size(), std::memory_order_relaxed);
  }

private:
  /// Backwards, so that a connection that ends in `work` moves only those that had their turn.
  template <class Work>
  void for_each(Work work) {
    for (std::size_t left = open.size(); left-- > 0;) {
      const std::shared_ptr<server_connection> one = open[left];
      work(*one);
    }
  }

  void welcome(lane_socket socket) {
    if (open.size() >= options.connections_max + refusing_max) {
      ++counted.refused;
      return;  // closes it
    }
    if (open.empty()) clock = std::chrono::steady_clock::now();
    const auto one = std::make_shared<server_connection>(std::move(socket), *this);
    one->place = open.size();
    open.push_back(one);
    count_.store(open.size(), std::memory_order_relaxed);
    sweep_later();
    if (open.size() > options.connections_max) {
      ++counted.refused;
      return one->refuse({.status = 503, .body = R"({"message":"too many connections"})", .headers = {}});
    }
    ++counted.accepted;
    one->start();
  }

  void sweep_later() {
    if (sweeping_) return;
    sweeping_ = true;
    sweeper_.expires_after(sweep_interval(options));
    sweeper_.async_wait([self = shared_from_this()](const error_code& error) {
      self->sweeping_ = false;
      if (error || self->open.empty()) return;
      self->clock = std::chrono::steady_clock::now();
      self->for_each([](server_connection& one) { one.sweep(); });
      if (!self->open.empty()) self->sweep_later();
    });
  }

  const std::shared_ptr<lane_listener> listener_;
  lane_timer sweeper_;
  bool sweeping_ = false;
  std::atomic<std::size_t> count_{0};
};

result<std::unique_ptr<http_server>> http_server::listen(asio_loop& lane, http_server_options options,
                                                         http_handler handle) {
  TREATY_TRY(auto listener, lane_listener::open(lane.io(), options.address, options.port));
  auto running = std::make_shared<lane_server>(lane.io(), std::move(listener));
  running->options = std::move(options);
  running->handle = std::move(handle);
  running->start();
  return std::unique_ptr<http_server>{new http_server{std::move(running)}};
}

http_server::http_server(std::shared_ptr<lane_server> running) : running_{std::move(running)} {}

http_server::~http_server() {
  running_->end();
}

std::uint16_t http_server::port() const {
  return running_->port();
}

void http_server::stop_accepting() {
  running_->on_lane([](lane_server& lane) { lane.stop_accepting(); });
}

void http_server::close_idle() {
  running_->on_lane([](lane_server& lane) { lane.close_idle(); });
}

std::size_t http_server::connections() const {
  return running_->count();
}

server_figures http_server::figures() const {
  return running_->figures();
}

}  // namespace treaty
