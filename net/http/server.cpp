#include "net/http/server.hpp"

#include <algorithm>
#include <utility>

#include "net/http/asio_loop.hpp"
#include "net/http/lane_connections.hpp"
#include "net/http/lane_listener.hpp"
#include "net/http/server_connection.hpp"

namespace treaty {
namespace {

namespace asio = boost::asio;

std::chrono::milliseconds shortest_limit(const http_server_options& options) {
  return std::min({options.header_timeout, options.body_timeout, options.idle_timeout, options.write_timeout,
                   options.linger_timeout});
}

}  // namespace

class http_server::lane_server final : public connection_home, public std::enable_shared_from_this<lane_server> {
public:
  lane_server(asio::io_context& io, std::shared_ptr<lane_listener> listener)
      : listener_{std::move(listener)}, open_{io.get_executor()} {}

  std::uint16_t port() const { return listener_->port(); }
  std::size_t count() const { return open_.count(); }

  void start() {
    listener_->start([self = weak_from_this()](lane_socket socket) {
      if (const auto server = self.lock()) server->welcome(std::move(socket));
    });
  }

  /// Runs `work` on the lane.
  template <class Work>
  void on_lane(Work work) {
    open_.post([self = shared_from_this(), work] { work(*self); });
  }

  void stop_accepting() { listener_->stop(); }

  void close_idle() {
    open_.for_each([](server_connection& one) { one.close_when_idle(); });
  }

  void end() {
    stop_accepting();
    open_.for_each([](server_connection& one) { one.close(); });
    open_.stop_sweeping();
  }

  void closed(server_connection& which) override {
    if (!which.is_seated()) --refusing_;
    open_.remove(which);
  }

private:
  void welcome(lane_socket socket) {
    client_room::seat seat;
    if (open_.count() - refusing_ < options.connections_max)
      seat = client_room::take(options.room, socket.native_handle());
    if (!seat) return turn_away(std::move(socket));
    ++counted.accepted;
    keep(std::move(socket), std::move(seat))->start();
  }

  void turn_away(lane_socket socket) {
    ++counted.refused;
    if (refusing_ == options.refusing_max) return;  // closes it
    ++refusing_;
    keep(std::move(socket), {})
        ->refuse({.status = 503, .body = R"({"message":"too many connections"})", .headers = {}});
  }

  std::shared_ptr<server_connection> keep(lane_socket socket, client_room::seat seat) {
    if (open_.empty()) clock = std::chrono::steady_clock::now();
    auto one = std::make_shared<server_connection>(std::move(socket), *this, std::move(seat));
    open_.add(one);
    open_.sweep_later(shortest_limit(options), [self = shared_from_this()] { self->sweep(); });
    return one;
  }

  void sweep() {
    clock = std::chrono::steady_clock::now();
    open_.for_each([](server_connection& one) { one.sweep(); });
  }

  const std::shared_ptr<lane_listener> listener_;
  lane_connections<server_connection> open_;
  std::size_t refusing_ = 0;  // of them
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
  return running_->counted.read();
}

}  // namespace treaty
