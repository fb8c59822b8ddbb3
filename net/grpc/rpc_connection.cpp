#include "net/grpc/rpc_connection.hpp"

#include <netinet/tcp.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace treaty {
namespace {

namespace asio = boost::asio;
using error_code = boost::system::error_code;
using confirmation_limit = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>;

constexpr std::size_t read_size_min = 4 * 1024;
constexpr std::size_t read_size_max = 64 * 1024;
constexpr std::size_t write_size = 64 * 1024;

}  // namespace

/// An RPC in the hands of what serves it.
class rpc_on_connection final : public rpc {
public:
  rpc_on_connection(std::weak_ptr<rpc_connection> on, std::int32_t stream) : on_{std::move(on)}, stream_{stream} {}

  void send(std::string message) override {
    act([stream = stream_, message = std::move(message)](rpc_session& session) { session.send(stream, message); });
  }
  void finish(std::string message) override {
    act([stream = stream_, message = std::move(message)](rpc_session& session) { session.finish(stream, message); });
  }
  void finish(grpc_status how) override {
    act([stream = stream_, how = std::move(how)](rpc_session& session) { session.finish(stream, how); });
  }
  bool is_open() const override {
    const auto connection = on_.lock();
    return connection && connection->is_open(stream_);
  }

private:
  template <class Work>
  void act(Work work) {
    if (const auto connection = on_.lock()) connection->act(std::move(work));
  }

  const std::weak_ptr<rpc_connection> on_;
  const std::int32_t stream_;
};

template <class Work>
void rpc_connection::act(Work work) {
  if (!socket_.get_executor().running_in_this_thread()) {
    asio::post(socket_.get_executor(),
               [self = shared_from_this(), work = std::move(work)]() mutable { self->act(std::move(work)); });
    return;
  }
  if (closed_) return;
  work(session_);
  flush_soon();
}

rpc_connection::rpc_connection(lane_socket socket, std::shared_ptr<rpc_home> home, client_room::seat seat)
    : socket_{std::move(socket)},
      home_{std::move(home)},
      seat_{std::move(seat)},
      session_{home_->methods, home_->limits, home_->budget},
      buffer_(read_size_min) {
  error_code ignored;  // only slower without; a socket that fails here fails again where it matters
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
  socket_.set_option(confirmation_limit{static_cast<int>(home_->options.ping_limit.count())}, ignored);
  socket_.non_blocking(true, ignored);
}

void rpc_connection::start() {
  flush();
  if (!closed_) read();
}

void rpc_connection::check(clock::time_point now) {
  home_->counted.timed_out += session_.end_late(now);
  const bool is_silent = !session_.has_settled() && now - opened_ >= home_->options.handshake_limit;
  const bool is_deaf = is_sending_ && now - sending_ >= home_->options.write_limit;
  const bool is_gone = pinged_ > heard_ && now - pinged_ >= home_->options.ping_limit;
  if (is_silent || is_deaf || is_gone) {
    ++home_->counted.timed_out;
    return close();
  }
  if (session_.has_settled() && pinged_ <= heard_ && now - heard_ >= home_->options.ping_after) {
    pinged_ = now;
    session_.ping();
  }
  if (session_.has_more_to_say()) flush_soon();
}

void rpc_connection::go_away() {
  session_.go_away();
  flush_soon();
}

void rpc_connection::read() {
  auto done = [self = shared_from_this()](const error_code& error, std::size_t bytes) { self->received(error, bytes); };
  socket_.async_read_some(asio::buffer(buffer_), std::move(done));
}

void rpc_connection::received(const error_code& error, std::size_t bytes) {
  if (closed_) return;
  if (error) return close();
  heard_ = clock::now();
  const auto taken = session_.receive({buffer_.data(), bytes}, heard_);
  serve_messages();
  flush();
  if (closed_) return;
  if (!taken) {
    ++home_->counted.malformed;
    return close();
  }
  if (bytes == buffer_.size() && bytes < read_size_max) buffer_.resize(bytes * 2);
  read();
}

/// Answers that are given at once go out together.
void rpc_connection::serve_messages() {
  for (const rpc_message& one : session_.take_messages()) {
    if (one.method == nullptr) {
      session_.finish(one.stream, grpc_status{});
    } else if (session_.is_open(one.stream)) {  // what came before may have ended it
      one.method->serve(one.bytes, std::make_shared<rpc_on_connection>(weak_from_this(), one.stream));
    }
  }
}

void rpc_connection::flush_soon() {
  if (std::exchange(flush_is_posted_, true)) return;
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->flush_is_posted_ = false;
    if (!self->closed_) self->flush();
  });
}

// Nearly always the kernel takes it all at once: no completion through the loop then.
void rpc_connection::flush() {
  while (!is_sending_) {
    out_.clear();
    if (const auto produced = session_.produce(out_, write_size); !produced) return close();
    if (out_.empty()) {
      if (session_.is_over()) close();
      return;
    }
    error_code error;
    const std::size_t taken = socket_.write_some(asio::buffer(out_), error);
    if (!error && taken == out_.size()) continue;
    // An error that the socket has now is met again below, and reported from the loop.
    out_.erase(0, taken);
    is_sending_ = true;
    sending_ = clock::now();
    send_rest();
  }
}

void rpc_connection::send_rest() {
  socket_.async_write_some(asio::buffer(out_), [self = shared_from_this()](const error_code& error, std::size_t bytes) {
    self->sent(error, bytes);
  });
}

void rpc_connection::sent(const error_code& error, std::size_t bytes) {
  if (closed_) return;
  if (error) return close();
  out_.erase(0, bytes);
  sending_ = clock::now();
  if (!out_.empty()) return send_rest();
  is_sending_ = false;
  flush();
}

void rpc_connection::close() {
  if (std::exchange(closed_, true)) return;
  const auto self = shared_from_this();  // the home lets go of it
  error_code ignored;
  socket_.close(ignored);
  home_->closed(*this);
  seat_ = {};
}

}  // namespace treaty
