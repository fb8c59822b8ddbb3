#include "net/grpc/grpc_server.hpp"

#include <algorithm>
#include <utility>

#include "net/grpc/dtm_service.hpp"
#include "net/grpc/health_service.hpp"
#include "net/grpc/reflection_service.hpp"
#include "net/grpc/rpc_connection.hpp"
#include "net/http/asio_loop.hpp"
#include "net/http/lane_connections.hpp"
#include "net/http/lane_listener.hpp"

namespace treaty {
namespace {

namespace asio = boost::asio;

std::chrono::milliseconds shortest_limit(const grpc_server_options& options) {
  return std::min(
      {options.handshake_limit, options.request_limit, options.write_limit, options.ping_after, options.ping_limit});
}

}  // namespace

class grpc_server::lane_server final : public rpc_home, public std::enable_shared_from_this<lane_server> {
public:
  lane_server(asio::io_context& io, std::shared_ptr<lane_listener> listener, const grpc_server_options& given)
      : listener_{std::move(listener)}, open_{io.get_executor()} {
    options = given;
    limits.message_bytes_max = given.request_bytes_max;
    limits.header_bytes_max = given.header_bytes_max;
    limits.streams_max = given.streams_max;
    limits.answers_waiting_max = given.answers_waiting_max;
    limits.request_limit = given.request_limit;
    limits.write_limit = given.write_limit;
    budget.most = std::max(given.held_bytes_max, 3 * given.request_bytes_max);  // the longest, in pieces and whole
  }

  std::uint16_t port() const { return listener_->port(); }
  std::size_t count() const { return open_.count(); }
  health_service& health() { return health_; }

  void start(dtm_service& dtm) {
    dtm.add_to(methods);
    health_.add_to(methods);
    add_reflection(methods);
    listener_->start([self = weak_from_this()](lane_socket socket) {
      if (const auto server = self.lock()) server->welcome(std::move(socket));
    });
  }

  /// Runs `work` on the lane.
  template <class Work>
  void on_lane(Work work) {
    open_.post([self = shared_from_this(), work] { work(*self); });
  }

  void go_away() {
    listener_->stop();
    health_.end();
    open_.for_each([](rpc_connection& one) { one.go_away(); });
  }

  void end() {
    listener_->stop();
    open_.for_each([](rpc_connection& one) { one.close(); });
    open_.stop_sweeping();
  }

  void closed(rpc_connection& which) override { open_.remove(which); }

private:
  void welcome(lane_socket socket) {
    client_room::seat seat;
    if (open_.count() < options.connections_max) seat = client_room::take(options.room, socket.native_handle());
    if (!seat) {
      ++counted.refused;
      return;  // closes it
    }
    ++counted.accepted;
    const auto one = std::make_shared<rpc_connection>(std::move(socket), shared_from_this(), std::move(seat));
    open_.add(one);
    open_.sweep_later(shortest_limit(options), [self = shared_from_this()] { self->sweep(); });
    one->start();
  }

  void sweep() {
    const auto now = std::chrono::steady_clock::now();
    open_.for_each([now](rpc_connection& one) { one.check(now); });
  }

  const std::shared_ptr<lane_listener> listener_;
  health_service health_;
  lane_connections<rpc_connection> open_;
};

result<std::unique_ptr<grpc_server>> grpc_server::listen(asio_loop& lane, const grpc_server_options& options,
                                                         dtm_service& dtm) {
  TREATY_TRY(auto listener, lane_listener::open(lane.io(), options.address, options.port));
  auto running = std::make_shared<lane_server>(lane.io(), std::move(listener), options);
  running->start(dtm);
  return std::unique_ptr<grpc_server>{new grpc_server{std::move(running)}};
}

grpc_server::grpc_server(std::shared_ptr<lane_server> running) : running_{std::move(running)} {}

grpc_server::~grpc_server() {
  running_->end();
}

std::uint16_t grpc_server::port() const {
  return running_->port();
}

void grpc_server::set_serving(serving_state state) {
  running_->on_lane([state](lane_server& lane) { lane.health().set(state); });
}

void grpc_server::go_away() {
  running_->on_lane([](lane_server& lane) { lane.go_away(); });
}

std::size_t grpc_server::connections() const {
  return running_->count();
}

server_figures grpc_server::figures() const {
  return running_->counted.read();
}

}  // namespace treaty
