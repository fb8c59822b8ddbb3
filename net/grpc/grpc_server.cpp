#include "net/grpc/grpc_server.hpp"

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <utility>
#include <vector>

#include "net/grpc/dtm_service.hpp"
#include "net/grpc/health_service.hpp"
#include "net/grpc/reflection_service.hpp"
#include "net/grpc/rpc_connection.hpp"
#include "net/http/asio_loop.hpp"
#include "net/http/lane_listener.hpp"

namespace treaty {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using lane_timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                              asio::io_context::executor_type>;

constexpr std::chrono::milliseconds sweep_least{5};
constexpr std::chrono::milliseconds sweep_most{1'000};

std::chrono::milliseconds sweep_interval(const grpc_server_options& options) {
  const auto least = std::min(
      {options.handshake_limit, options.request_limit, options.write_limit, options.ping_after, options.ping_limit});
  return std::clamp(least / 4, sweep_least, sweep_most);
}

}  // namespace

class grpc_server::lane_server final : public rpc_home, public std::enable_shared_from_this<lane_server> {
public:
  lane_server(asio::io_context& io, std::shared_ptr<lane_listener> listener, const grpc_server_options& given)
      : listener_{std::move(listener)}, sweeper_{io.get_executor()} {
    options = given;
    limits = {given.request_bytes_max, given.header_bytes_max, given.streams_max, given.request_limit};
    budget.most = given.unfinished_bytes_max;
  }

  std::uint16_t port() const { return listener_->port(); }
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }
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
    asio::post(sweeper_.get_executor(), [self = shared_from_this(), work] { work(*self); });
  }

  void go_away() {
    listener_->stop();
    health_.end();
    for_each([](rpc_connection& one) { one.go_away(); });
  }

  void end() {
    listener_->stop();
    for_each([](rpc_connection& one) { one.close(); });
    sweeper_.cancel();
  }

  void closed(rpc_connection& which) override {
    const std::size_t place = which.place;
    std::swap(open_[place], open_.back());
    open_[place]->place = place;
    open_.pop_back();
    count_.store(open_.size(), std::memory_order_relaxed);
  }

private:
  /// Backwards, so that a connection that ends in `work` moves only those that had their turn.
  template <class Work>
  void for_each(Work work) {
    for (std::size_t left = open_.size(); left-- > 0;) {
      const std::shared_ptr<rpc_connection> one = open_[left];
      work(*one);
    }
  }

  void welcome(lane_socket socket) {
    if (open_.size() >= options.connections_max) {
      ++counted.refused;
      return;  // closes it
    }
    ++counted.accepted;
    const auto one = std::make_shared<rpc_connection>(std::move(socket), shared_from_this());
    one->place = open_.size();
    open_.push_back(one);
    count_.store(open_.size(), std::memory_order_relaxed);
    sweep_later();
    one->start();
  }

  void sweep_later() {
    if (std::exchange(sweeping_, true)) return;
    sweeper_.expires_after(sweep_interval(options));
    sweeper_.async_wait([self = shared_from_this()](const error_code& error) {
      self->sweeping_ = false;
      if (error || self->open_.empty()) return;
      const auto now = std::chrono::steady_clock::now();
      self->for_each([&](rpc_connection& one) { one.check(now); });
      if (!self->open_.empty()) self->sweep_later();
    });
  }

  const std::shared_ptr<lane_listener> listener_;
  lane_timer sweeper_;
  health_service health_;
  std::vector<std::shared_ptr<rpc_connection>> open_;
  std::atomic<std::size_t> count_{0};
  bool sweeping_ = false;
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
  const auto& counted = running_->counted;
  return {counted.accepted, counted.refused, counted.timed_out, counted.malformed};
}

}  // namespace treaty
