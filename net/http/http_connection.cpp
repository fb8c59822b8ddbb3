#include "net/http/http_connection.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "net/http/careful_put.hpp"
#include "net/http/request_text.hpp"

namespace treaty {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t read_size_max = 64 * 1024;

bool is_interim(int status) {
  return status >= 100 && status < 200;
}

}  // namespace

http_connection::http_connection(asio::io_context& io, connection_owner& owner, const connection_limits& limits,
                                 std::string_view user_agent)
    : socket_{io}, owner_{owner}, limits_{limits}, user_agent_{user_agent} {}

void http_connection::open(endpoints addresses, std::shared_ptr<tls_trust> trust, const std::string& host) {
  if (trust) tls_ = std::make_unique<tls_layer>(socket_, std::move(trust), host);
  addresses_ = std::move(addresses);
  try_next();
}

void http_connection::try_next() {
  error_code ignored;
  socket_.close(ignored);
  const std::size_t which = tried_++;
  owner_.trying(*this, addresses_.size() - tried_);
  socket_.async_connect(addresses_[which], [self = shared_from_this(), which](const error_code& error) {
    if (self->closed_ || which + 1 != self->tried_) return;
    error ? self->missed(error.message()) : self->connected();
  });
}

/// Nobody is at the address that was tried last.
void http_connection::missed(std::string_view why) {
  owner_.missed(where());
  if (is_connected_ || tried_ == addresses_.size()) return connect_failed(why);
  try_next();
}

void http_connection::connected() {
  if (const auto refused = make_ready(socket_, limits_.descriptors_below); refused)
    return connect_failed(refused.message());
  const auto ready = [self = shared_from_this()](const error_code& failed) {
    if (self->closed_) return;
    if (failed) return self->connect_failed("TLS: " + failed.message());
    self->leave();
    self->open_ = true;
    self->read();
    self->owner_.connected(*self);
  };
  is_connected_ = true;
  if (!tls_) return ready({});
  owner_.trying(*this, 0);
  tls_->handshake(ready);
}

void http_connection::connect_failed(std::string_view why) {
  const auto self = shared_from_this();  // the owner lets go of it
  close();
  owner_.connect_failed(*this, why);
}

void http_connection::expired() {
  missed("connect timed out");
}

void http_connection::start(exchange_ptr what) {
  exchange_ = std::move(what);
  exchange_->connection = this;
  interim_answers_ = 0;
  reader_.emplace(answer_, limits_.body_bytes_max, limits_.header_bytes_max);
  head_.clear();
  append_request_head(head_, exchange_->request, user_agent_,
                      exchange_->left_first_origin ? identifying_headers::left_out : identifying_headers::sent);
  send();
}

void http_connection::send() {
  const std::string_view body = exchange_->request.body;
  std::array<asio::const_buffer, 2> bytes{asio::buffer(head_), asio::buffer(body.data(), body.size())};
  sending_ = true;
  body_being_sent_ = exchange_->request.keep;
  const auto done = [self = shared_from_this()](const error_code& error, std::size_t) { self->sent(error); };
  if (tls_) return tls_->write(bytes, done);
  // Nearly always the kernel takes it all at once: no completion through the loop then.
  error_code error;
  const std::size_t taken = socket_.write_some(bytes, error);
  if (!error && taken == head_.size() + body.size()) return sent({});
  // An error that the socket has now is met again below, and reported from the loop.
  if (taken < head_.size()) {
    bytes[0] += taken;
  } else {
    bytes[1] += taken - head_.size();
    bytes[0] = asio::const_buffer{};
  }
  asio::async_write(socket_, bytes, done);
}

void http_connection::sent(const error_code& error) {
  sending_ = false;
  body_being_sent_.reset();
  // A participant may answer and close before it has read everything: what it said is still to be read.
  if (error && !closed_ && error != asio::error::broken_pipe && error != asio::error::connection_reset)
    fail("send: " + error.message());
}

void http_connection::read() {
  auto done = [self = shared_from_this()](const error_code& error, std::size_t bytes) { self->received(error, bytes); };
  const auto into = buffer_.prepare(read_size_);
  if (tls_) return tls_->read_some(into, std::move(done));
  socket_.async_read_some(into, std::move(done));
}

void http_connection::received(const error_code& error, std::size_t bytes) {
  if (closed_) return;
  if (bytes == read_size_ && read_size_ < read_size_max) read_size_ *= 2;
  buffer_.commit(bytes);
  if (error) return end_of_stream(error);
  if (!exchange_) {  // it speaks without being asked
    const auto self = shared_from_this();
    close();
    return owner_.left(*this);
  }
  parse();
  if (closed_) return;
  // Beast bounds headers and bodies, but neither a chunk's line nor what follows the last chunk.
  if (buffer_.size() > limits_.header_bytes_max + read_size_max)
    return fail("not an HTTP answer: a line between its chunks, or what follows them, has no end");
  read();
}

void http_connection::parse() {
  while (buffer_.size() > 0) {
    error_code error;
    buffer_.consume(careful_put(*reader_, buffer_.data(), error));
    if (error == http::error::need_more) return;
    if (error == http::error::body_limit) return cut();
    if (error) return fail("not an HTTP answer: " + error.message());
    if (!reader_->is_done()) continue;
    if (!is_interim(answer_.status)) return finish();
    if (++interim_answers_ > limits_.interim_answers_max) return fail("too many interim answers");
    reader_.emplace(answer_, limits_.body_bytes_max, limits_.header_bytes_max);
  }
}

void http_connection::cut() {
  const auto self = shared_from_this();
  answer_.is_cut = true;
  exchange_ptr mine = close();
  owner_.answered(*this, std::move(mine), answer_, false);
}

void http_connection::end_of_stream(const error_code& error) {
  const auto self = shared_from_this();
  if (!exchange_) {
    close();
    return owner_.left(*this);
  }
  if (reader_->got_some()) {
    error_code cut;
    reader_->put_eof(cut);
    if (!cut && reader_->is_done() && error == asio::error::eof) return finish();
    return fail("the connection closed in the middle of the answer");
  }
  const bool is_stale = was_used_ && interim_answers_ == 0 && buffer_.size() == 0;
  exchange_ptr mine = close();
  owner_.broke(*this, std::move(mine), is_stale ? break_kind::stale : break_kind::broken,
               error == asio::error::eof ? "the connection closed without an answer" : error.message());
}

void http_connection::finish() {
  const auto self = shared_from_this();
  const bool reusable = reader_->keep_alive() && !sending_ && buffer_.size() == 0;
  was_used_ = true;
  exchange_ptr mine = reusable ? std::move(exchange_) : close();
  mine->connection = nullptr;
  owner_.answered(*this, std::move(mine), answer_, reusable);
}

void http_connection::fail(std::string_view why) {
  const auto self = shared_from_this();
  exchange_ptr mine = close();
  if (!mine) return owner_.left(*this);
  owner_.broke(*this, std::move(mine), break_kind::broken, why);
}

exchange_ptr http_connection::close() {
  closed_ = true;
  leave();
  error_code ignored;
  socket_.close(ignored);
  if (exchange_) exchange_->connection = nullptr;
  return std::move(exchange_);
}

}  // namespace treaty
