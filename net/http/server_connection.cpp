#include "net/http/server_connection.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "net/http/careful_put.hpp"
#include "net/http/reply_head.hpp"

namespace treaty {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t read_bytes_least = 4u << 10;
constexpr std::size_t read_bytes_most = 64u << 10;
constexpr std::size_t joined_body_bytes_max = 16u << 10;  // a larger body is not copied behind its head
constexpr std::size_t kept_out_bytes_max = 32u << 10;
constexpr std::size_t discard_bytes = 16u << 10;    // at a time
constexpr std::size_t small_bytes_max = 48u << 10;  // every connection may hold that, as the headers are at most
constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

/// Hands the reply of one request to its connection, if that still exists; speaks up when nobody did.
class connection_responder final : public http_responder {
public:
  explicit connection_responder(std::weak_ptr<server_connection> to) : to_{std::move(to)} {}
  ~connection_responder() override {
    if (!to_.expired()) reply({.status = 500, .body = R"({"message":"the request was dropped"})", .headers = {}});
  }
  void reply(http_reply what) override {
    if (const auto connection = std::exchange(to_, {}).lock()) connection->answer(std::move(what));
  }

private:
  std::weak_ptr<server_connection> to_;
};

http_reply message_reply(int status, std::string_view message) {
  std::string body = R"({"message":")";
  body.append(message).append("\"}");
  return {.status = status, .body = std::move(body), .headers = {}};
}

http_reply no_room() {
  http_reply out = message_reply(429, "too many large requests and answers at once: try again later");
  out.headers.emplace_back("Retry-After", "1");
  return out;
}

/// "http://host/path" is "/path" to us.
std::string_view origin_form(std::string_view target) {
  constexpr std::string_view scheme = "http://";
  if (!target.starts_with(scheme)) return target;
  const std::size_t path = target.find('/', scheme.size());
  return path == std::string_view::npos ? std::string_view{"/"} : target.substr(path);
}

http_request view(const received_request& text) {
  const std::string_view target = origin_form(text.target);
  const std::size_t mark = target.find('?');
  return {text.method, target.substr(0, mark),
          mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1), text.body};
}

}  // namespace

server_connection::server_connection(lane_socket socket, connection_home& home, client_room::seat seat)
    : socket_{std::move(socket)}, home_{home}, seat_{std::move(seat)}, bytes_{home.options.bytes} {
  error_code ignored;  // a socket that fails here fails again at once where it matters
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
}

void server_connection::start() {
  in_.resize(read_bytes_least);
  expect_request();
  read();
}

void server_connection::refuse(http_reply why) {
  last_request_ = true;
  head_request_ = false;
  if (write(std::move(why))) linger();
}

void server_connection::expect_request() {
  phase_ = phase::reading_head;
  request_.clear();
  bytes_.hold(0);
  reader_.emplace(request_, home_.options.header_bytes_max, home_.options.body_bytes_max);
  if (in_begin_ == in_end_ && in_.size() > read_bytes_least) {  // it grew for a large request
    in_ = std::vector<char>(read_bytes_least);
    in_begin_ = in_end_ = 0;
  }
  set_deadline(first_request_ ? home_.options.header_timeout : home_.options.idle_timeout);
  first_request_ = false;
}

void server_connection::read() {
  if (in_begin_ == in_end_) in_begin_ = in_end_ = 0;
  if (in_begin_ > 0 && in_end_ == in_.size()) {
    std::copy(in_.begin() + static_cast<std::ptrdiff_t>(in_begin_), in_.end(), in_.begin());
    in_end_ -= std::exchange(in_begin_, 0);
  }
  if (!make_room()) return reject({400, "malformed HTTP request"});  // one line between chunks fills it all
  socket_.async_read_some(
      asio::buffer(in_.data() + in_end_, in_.size() - in_end_),
      [self = shared_from_this()](const error_code& error, std::size_t count) { self->on_read(error, count); });
}

bool server_connection::make_room() {
  const std::size_t most = std::max(read_bytes_most, home_.options.header_bytes_max + read_bytes_least);
  const bool large_body = phase_ == phase::reading_body && reader_->content_length_remaining() > in_.size();
  if (large_body && in_.size() < most) in_.resize(most);
  if (in_end_ < in_.size()) return true;
  if (in_.size() >= most) return false;
  in_.resize(std::min(most, 2 * in_.size()));
  return true;
}

void server_connection::on_read(const boost::system::error_code& error, std::size_t count) {
  if (phase_ != phase::reading_head && phase_ != phase::reading_body) return;  // it was ended meanwhile
  if (error) return close();
  in_end_ += count;
  consume();
}

/// Takes requests from what has been read, until one has to wait for its answer, or more must be read.
void server_connection::consume() {
  while (in_begin_ < in_end_) {
    if (!consume_some()) return;
  }
  read();
}

/// Returns whether the connection goes on reading.
bool server_connection::consume_some() {
  if (!reader_->got_some()) {
    skip_empty_lines();
    if (in_begin_ == in_end_) return true;
    set_deadline(home_.options.header_timeout);
  }
  error_code error;
  const std::size_t taken =
      careful_put(*reader_, asio::const_buffer{in_.data() + in_begin_, in_end_ - in_begin_}, error);
  in_begin_ += taken;
  if (!has_room_for_body()) {
    ++home_.counted.malformed;
    refuse(no_room());
    return false;
  }
  if (error == boost::beast::http::error::need_more) {
    if (phase_ == phase::reading_head && reader_->is_header_done()) begin_body();
    read();
    return false;
  }
  if (error) {
    reject(refusal_of(error));
    return false;
  }
  if (reader_->is_done()) return dispatch();
  if (phase_ == phase::reading_head && reader_->is_header_done()) begin_body();
  return true;
}

/// Some clients say a line more than their body has (RFC 9112, 2.2).
void server_connection::skip_empty_lines() {
  while (in_begin_ < in_end_ && (in_[in_begin_] == '\r' || in_[in_begin_] == '\n')) ++in_begin_;
}

bool server_connection::has_room_for_body() {
  const std::size_t holds = in_.size() + request_.body.capacity();
  return holds <= small_bytes_max || bytes_.hold(holds);
}

void server_connection::begin_body() {
  phase_ = phase::reading_body;
  set_deadline(home_.options.body_timeout);
  if (!request_.expects_continue || in_begin_ < in_end_) return;
  error_code ignored;  // a client whose buffers are full that early will not see it, and time out
  socket_.write_some(asio::buffer(go_on.data(), go_on.size()), ignored);
}

void server_connection::reject(refusal why) {
  ++home_.counted.malformed;
  refuse(message_reply(why.status, why.message));
}

/// Hands the request out. Returns whether it has been answered already and the next one may be read.
bool server_connection::dispatch() {
  phase_ = phase::answering;
  deadline_ = steady_time::max();
  head_request_ = request_.method == "HEAD";
  if (!reader_->keep_alive()) last_request_ = true;
  dispatching_ = true;
  home_.handle(view(request_), std::make_shared<connection_responder>(weak_from_this()));
  dispatching_ = false;
  if (!early_reply_) return false;
  http_reply what = *std::exchange(early_reply_, std::nullopt);
  return write(std::move(what)) && sent();
}

void server_connection::answer(http_reply what) {
  if (socket_.get_executor().running_in_this_thread()) return answer_here(std::move(what));
  asio::post(socket_.get_executor(),
             [self = shared_from_this(), what = std::move(what)]() mutable { self->answer_here(std::move(what)); });
}

void server_connection::answer_here(http_reply what) {
  if (phase_ != phase::answering) return;
  if (dispatching_) {
    early_reply_ = std::move(what);
    return;
  }
  if (!write(std::move(what)) || !sent()) return;
  if (in_begin_ == in_end_) return read();
  // The next request is here already, but its handler must not run inside the one who answered this one.
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (self->phase_ == phase::reading_head) self->consume();
  });
}

/// Returns whether everything has been sent.
bool server_connection::write(http_reply what) {
  phase_ = phase::writing;
  const connection_end end = last_request_       ? connection_end::close
                             : request_.http_1_1 ? connection_end::keep
                                                 : connection_end::keep_as_1_0;
  request_.clear();
  out_.clear();
  out_body_.clear();
  out_sent_ = 0;
  if (!bytes_.hold(what.body.size() <= small_bytes_max ? 0 : what.body.size())) what = no_room();
  append_reply_head(out_, what, what.body.size(), end);
  if (!head_request_ && what.body.size() <= joined_body_bytes_max) out_ += what.body;
  if (!head_request_ && what.body.size() > joined_body_bytes_max) out_body_ = std::move(what.body);
  return send();
}

std::array<asio::const_buffer, 2> server_connection::unsent() const {
  const std::size_t of_head = std::min(out_sent_, out_.size());
  return {asio::buffer(out_) + of_head, asio::buffer(out_body_) + (out_sent_ - of_head)};
}

bool server_connection::send() {
  error_code error;
  out_sent_ += socket_.write_some(unsent(), error);
  if (error && error != asio::error::would_block) {
    close();
    return false;
  }
  if (asio::buffer_size(unsent()) == 0) return true;
  set_deadline(home_.options.write_timeout);
  send_rest();
  return false;
}

void server_connection::send_rest() {
  socket_.async_write_some(unsent(), [self = shared_from_this()](const error_code& error, std::size_t count) {
    if (self->phase_ == phase::closed) return;
    if (error) return self->close();
    self->out_sent_ += count;
    if (asio::buffer_size(self->unsent()) > 0) return self->send_rest();
    if (self->sent()) self->consume();
  });
}

/// Returns whether the connection goes on with another request.
bool server_connection::sent() {
  if (out_.capacity() > kept_out_bytes_max) out_ = std::string{};
  out_body_ = std::string{};
  out_sent_ = 0;
  if (!last_request_) {
    expect_request();
    return true;
  }
  linger();
  return false;
}

/// Closing with unread bytes makes the kernel reset the connection, and the answer may be lost with it.
void server_connection::linger() {
  error_code error;
  socket_.shutdown(asio::socket_base::shutdown_send, error);
  if (error) return close();
  phase_ = phase::lingering;
  set_deadline(home_.options.linger_timeout);
  bytes_.hold(0);
  in_ = std::vector<char>(discard_bytes);
  discard();
}

void server_connection::discard() {
  socket_.async_read_some(asio::buffer(in_), [self = shared_from_this()](const error_code& error, std::size_t count) {
    if (self->phase_ == phase::closed) return;
    self->discarded_ += count;
    if (error || self->discarded_ > self->home_.options.linger_bytes_max) return self->close();
    self->discard();
  });
}

void server_connection::sweep() {
  if (home_.clock < deadline_) return;
  switch (phase_) {
    case phase::reading_head:
      if (!reader_->got_some() && in_begin_ == in_end_) return close();
      break;
    case phase::reading_body:
      break;
    case phase::writing:
      ++home_.counted.timed_out;
      return close();
    case phase::answering:
    case phase::lingering:
    case phase::closed:
      return close();
  }
  ++home_.counted.timed_out;
  socket_.cancel();
  refuse(message_reply(408, "request time-out"));
}

void server_connection::close_when_idle() {
  last_request_ = true;
  if (phase_ == phase::reading_head && !reader_->got_some()) close();
}

void server_connection::close() {
  if (phase_ == phase::closed) return;
  phase_ = phase::closed;
  const auto self = shared_from_this();  // the home lets go of it
  error_code ignored;
  socket_.close(ignored);
  bytes_.hold(0);
  home_.closed(*this);
  seat_ = {};
}

void server_connection::set_deadline(std::chrono::milliseconds from_now) {
  deadline_ = home_.clock + from_now;
}

}  // namespace treaty
