#include "net/http/lane_listener.hpp"

#include <sys/socket.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <chrono>
#include <utility>

namespace treaty {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using lane_timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                              asio::io_context::executor_type>;

constexpr std::chrono::milliseconds pause_after_failed_accept{100};
constexpr int at_once_max = 64;  // then those that are connected have their turn

failure unavailable(const std::string& address, std::uint16_t port, const error_code& why) {
  return {errc::unavailable,
          "cannot listen on " + (address.empty() ? "*" : address) + ":" + std::to_string(port) + ": " + why.message()};
}

}  // namespace

result<std::shared_ptr<lane_listener>> lane_listener::open(asio::io_context& io, const std::string& address,
                                                           std::uint16_t port) {
  auto out = std::make_shared<lane_listener>(io);
  if (auto done = out->listen(address, port); !done) return done.error();
  error_code ignored;
  out->port_ = out->acceptor_.local_endpoint(ignored).port();
  return out;
}

result<void> lane_listener::listen(const std::string& address, std::uint16_t port) {
  error_code error;
  if (!address.empty()) {
    const auto parsed = asio::ip::make_address(address, error);
    if (error) return failure{errc::invalid_argument, "not an address to listen on: " + address};
    if ((error = listen({parsed, port}))) return unavailable(address, port, error);
    return {};
  }
  error = listen({tcp::v6(), port});  // takes IPv4 too
  if (error == asio::error::address_family_not_supported || error == boost::system::errc::address_not_available) {
    error_code ignored;
    acceptor_.close(ignored);
    error = listen({tcp::v4(), port});
  }
  if (error) return unavailable(address, port, error);
  return {};
}

error_code lane_listener::listen(const tcp::endpoint& at) {
  error_code error;
  if (acceptor_.open(at.protocol(), error)) return error;
  const int on = 1;
  ::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (at.protocol() == tcp::v6()) acceptor_.set_option(asio::ip::v6_only{false}, error);
  if (acceptor_.bind(at, error) || acceptor_.non_blocking(true, error)) return error;
  // Else Asio would block, until the next one comes, when one has gone again before it was taken.
  if (acceptor_.set_option(asio::socket_base::enable_connection_aborted{true}, error)) return error;
  return acceptor_.listen(asio::socket_base::max_listen_connections, error);
}

void lane_listener::start(on_socket welcome) {
  welcome_ = std::move(welcome);
  accept();
}

void lane_listener::stop() {
  error_code ignored;
  acceptor_.close(ignored);
}

void lane_listener::accept() {
  acceptor_.async_wait(tcp::acceptor::wait_read, [self = shared_from_this()](const error_code& error) {
    if (!self->acceptor_.is_open()) return;
    if (error || self->accept_waiting()) return self->accept_later();
    if (self->acceptor_.is_open()) self->accept();
  });
}

/// One for each turn of a busy loop is too few when thousands come at once: the kernel's queue would run over, and
/// those that found no room try again after seconds. Returns what keeps it from taking more.
error_code lane_listener::accept_waiting() {
  for (int taken = 0; taken < at_once_max && acceptor_.is_open(); ++taken) {
    error_code error;
    lane_socket socket{acceptor_.get_executor()};
    acceptor_.accept(socket, error);
    if (error == asio::error::would_block) break;
    if (error == asio::error::connection_aborted || error.value() == EPROTO) continue;  // this one has gone again
    if (error) return error;
    welcome_(std::move(socket));
  }
  return {};
}

/// Out of file descriptors, or the like: trying again at once would spin.
void lane_listener::accept_later() {
  const auto pause = std::make_shared<lane_timer>(acceptor_.get_executor(), pause_after_failed_accept);
  pause->async_wait([self = shared_from_this(), pause](const error_code&) {
    if (self->acceptor_.is_open()) self->accept();
  });
}

}  // namespace treaty
