#include "net/http/server.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <utility>

#include "net/http/asio_loop.hpp"
#include "net/http/server_connection.hpp"

namespace treaty {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using lane_executor = lane_socket::executor_type;
using lane_acceptor = asio::basic_socket_acceptor<tcp, lane_executor>;
using lane_timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, lane_executor>;

constexpr std::chrono::milliseconds sweep_least{5};
constexpr std::chrono::milliseconds sweep_most{1'000};
constexpr std::chrono::milliseconds pause_after_failed_accept{100};
constexpr std::size_t refusing_max = 128;  // connections over the limit that are told so at one time

std::chrono::milliseconds sweep_interval(const http_server_options& options) {
  const auto least = std::min({options.header_timeout, options.body_timeout, options.idle_timeout,
                               options.write_timeout, options.linger_timeout});
  return std::clamp(least / 4, sweep_least, sweep_most);
}

failure unavailable(const std::string& address, std::uint16_t port, const error_code& why) {
  return {errc::unavailable,
          "cannot listen on " + (address.empty() ? "*" : address) + ":" + std::to_string(port) + ": " + why.message()};
}

error_code open_listener(lane_acceptor& acceptor, const tcp::endpoint& at) {
  error_code error;
  if (acceptor.open(at.protocol(), error)) return error;
  const int on = 1;
  ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (at.protocol() == tcp::v6()) acceptor.set_option(asio::ip::v6_only{false}, error);
  if (acceptor.bind(at, error)) return error;
  return acceptor.listen(asio::socket_base::max_listen_connections, error);
}

result<void> open_listener(lane_acceptor& acceptor, const http_server_options& options) {
  error_code error;
  if (!options.address.empty()) {
    const auto address = asio::ip::make_address(options.address, error);
    if (error) return failure{errc::invalid_argument, "not an address to listen on: " + options.address};
    if ((error = open_listener(acceptor, {address, options.port}))) {
      return unavailable(options.address, options.port, error);
    }
    return {};
  }
  error = open_listener(acceptor, {tcp::v6(), options.port});  // takes IPv4 too
  if (error == asio::error::address_family_not_supported || error == boost::system::errc::address_not_available) {
    error_code ignored;
    acceptor.close(ignored);
    error = open_listener(acceptor, {tcp::v4(), options.port});
  }
  if (error) return unavailable(options.address, options.port, error);
  return {};
}

}  // namespace

class http_server::lane_server final : public connection_home, public std::enable_shared_from_this<lane_server> {
public:
  explicit lane_server(asio::io_context& io) : acceptor_{io.get_executor()}, sweeper_{io.get_executor()} {}

  lane_acceptor& acceptor() { return acceptor_; }
  std::uint16_t port() const { return port_; }
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }
  http_server_figures figures() const {
    return {counted.accepted, counted.refused, counted.timed_out, counted.malformed};
  }

  void start() {
    error_code ignored;
    port_ = acceptor_.local_endpoint(ignored).port();
    accept();
  }

  /// Runs `work` on the lane.
  template <class Work>
  void on_lane(Work work) {
    asio::post(acceptor_.get_executor(), [self = shared_from_this(), work] { work(*self); });
  }

  void stop_accepting() {
    error_code ignored;
    acceptor_.close(ignored);
  }

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

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](const error_code& error, lane_socket socket) {
      if (!self->acceptor_.is_open()) return;
      if (error) return self->accept_later();
      self->welcome(std::move(socket));
      self->accept();
    });
  }

  /// Out of file descriptors, or the like: trying again at once would spin.
  void accept_later() {
    const auto pause = std::make_shared<lane_timer>(acceptor_.get_executor(), pause_after_failed_accept);
    pause->async_wait([self = shared_from_this(), pause](const error_code&) {
      if (self->acceptor_.is_open()) self->accept();
    });
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

  lane_acceptor acceptor_;
  lane_timer sweeper_;
  bool sweeping_ = false;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> count_{0};
};

result<std::unique_ptr<http_server>> http_server::listen(asio_loop& lane, http_server_options options,
                                                         http_handler handle) {
  auto running = std::make_shared<lane_server>(lane.io());
  if (auto opened = open_listener(running->acceptor(), options); !opened) return opened.error();
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

http_server_figures http_server::figures() const {
  return running_->figures();
}

}  // namespace treaty
