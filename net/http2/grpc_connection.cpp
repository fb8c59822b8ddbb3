#include "net/http2/grpc_connection.hpp"

#include <netinet/tcp.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
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

grpc_connection::grpc_connection(asio::io_context& io, grpc_connection_owner& owner, std::string_view user_agent,
                                 grpc_connection_options options)
    : socket_{io}, owner_{owner}, options_{options}, session_{user_agent}, buffer_(read_size_min) {}

void grpc_connection::open(const endpoint& where) {
  error_code error;
  socket_.open(where.protocol(), error);
  if (!error) error = make_ready(socket_, options_.descriptors_below);
  auto done = [self = shared_from_this()](const error_code& failed) { self->connected(failed); };
  if (!error) return socket_.async_connect(where, std::move(done));
  asio::post(socket_.get_executor(), [done = std::move(done), error] { done(error); });
}

void grpc_connection::connected(const error_code& error) {
  if (closed_) return;
  if (error) return lost(error.message());
  error_code ignored;  // only later to see that the peer's machine is gone
  socket_.set_option(confirmation_limit{static_cast<int>(options_.ping_limit.count())}, ignored);
  is_connected_ = true;
  heard_ = clock::now();
  flush();
  if (!closed_) read();
}

void grpc_connection::expired() {
  lost("connect timed out");
}

void grpc_connection::start(grpc_exchange_ptr what, clock::time_point now) {
  what->connection = this;
  used = now;
  session_.start(std::move(what), now);
  flush_soon();
}

grpc_exchange_ptr grpc_connection::abandon(grpc_exchange& late) {
  grpc_exchange_ptr out = session_.abandon(late);
  out->connection = nullptr;
  flush_soon();
  return out;
}

void grpc_connection::retire() {
  retired_ = true;
  flush_soon();
}

void grpc_connection::check(clock::time_point now) {
  if (!open_ || closed_ || in_flight() == 0) return;
  if (pinged_ > heard_ && now - pinged_ >= options_.ping_limit) return lost("no answer to a ping");
  if (pinged_ > heard_ || now - heard_ < options_.ping_after || now - pinged_ < options_.ping_after) return;
  pinged_ = now;
  session_.ping();
  flush_soon();
}

void grpc_connection::read() {
  auto done = [self = shared_from_this()](const error_code& error, std::size_t bytes) { self->received(error, bytes); };
  socket_.async_read_some(asio::buffer(buffer_), std::move(done));
}

void grpc_connection::received(const error_code& error, std::size_t bytes) {
  if (closed_) return;
  if (error) return lost(error == asio::error::eof ? "the peer closed the connection" : error.message());
  const auto self = shared_from_this();
  heard_ = clock::now();
  const auto read_all = session_.receive({buffer_.data(), bytes});
  if (!read_all) return lost(read_all.error().detail);
  if (bytes == buffer_.size() && bytes < read_size_max) buffer_.resize(bytes * 2);
  if (!open_ && session_.has_settled()) {
    open_ = true;
    leave();
    owner_.connected(*this);
  }
  if (!closed_) after_turn();
  if (!closed_) read();
}

void grpc_connection::after_turn() {
  const auto self = shared_from_this();
  if (retired_ && !open_) return lost("retired");
  flush();
  if (closed_) return;
  if (open_) owner_.progressed(*this, take_ended());
  if (closed_) return;
  if (session_.is_over())
    return lost(session_.complaint().empty() ? std::string_view{"the peer went away"} : session_.complaint());
  if (open_ && retired_ && in_flight() == 0) lost("retired");
}

void grpc_connection::flush_soon() {
  if (std::exchange(flush_is_posted_, true)) return;
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->flush_is_posted_ = false;
    if (!self->closed_) self->after_turn();
  });
}

// Nearly always the kernel takes it all at once: no completion through the loop then.
void grpc_connection::flush() {
  while (is_connected_ && !sending_) {
    out_.clear();
    if (const auto produced = session_.produce(out_, write_size); !produced) return lost(produced.error().detail);
    if (out_.empty()) return;
    error_code error;
    const std::size_t taken = socket_.write_some(asio::buffer(out_), error);
    if (!error && taken == out_.size()) continue;
    // An error that the socket has now is met again below, and reported from the loop.
    sending_ = true;
    asio::async_write(socket_, asio::buffer(out_) + taken,
                      [self = shared_from_this()](const error_code& failed, std::size_t) { self->sent(failed); });
  }
}

void grpc_connection::sent(const error_code& error) {
  sending_ = false;
  if (closed_) return;
  // What the peer said before it closed is still to be read; reading ends with an error, too.
  if (!error) after_turn();
}

void grpc_connection::lost(std::string_view why) {
  const auto self = shared_from_this();  // the owner lets go of it
  const std::string text{why};           // which may be the session's
  std::vector<ended_call> ended = take_ended();
  std::vector<grpc_exchange_ptr> broken = close();
  if (!open_ && !retired_) return owner_.connect_failed(*this, text);
  owner_.progressed(*this, std::move(ended));
  owner_.left(*this, std::move(broken), text);
}

std::vector<ended_call> grpc_connection::take_ended() {
  std::vector<ended_call> out = session_.take_ended();
  for (const ended_call& one : out) one.what->connection = nullptr;
  return out;
}

std::vector<grpc_exchange_ptr> grpc_connection::close() {
  closed_ = true;
  leave();
  error_code ignored;
  socket_.close(ignored);
  std::vector<grpc_exchange_ptr> calls = session_.take_all();
  for (const auto& one : calls) one->connection = nullptr;
  return calls;
}

}  // namespace treaty
