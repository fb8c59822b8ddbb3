#include "client/http/http_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "client/http/http_url.hpp"

namespace treaty::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
// Concrete executors: Asio's general one costs an allocation here and there.
using socket = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;
using timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                         asio::io_context::executor_type>;
using resolver = asio::ip::basic_resolver<tcp, asio::io_context::executor_type>;

/// Open connections without work. Only the client's own thread touches it.
class idle_connections {
public:
  explicit idle_connections(std::size_t most) : most_{most} {}

  std::optional<socket> take(const std::string& origin) {
    auto& kept = by_origin_[origin];
    while (!kept.empty()) {
      socket connection = std::move(kept.back());
      kept.pop_back();
      if (is_quiet(connection)) return connection;
    }
    return std::nullopt;
  }
  void keep(const std::string& origin, socket connection) {
    auto& kept = by_origin_[origin];
    if (kept.size() < most_) kept.push_back(std::move(connection));
  }
  void clear() { by_origin_.clear(); }

private:
  /// The other side closes what it has enough of; then there is an end, or an error, to be read.
  static bool is_quiet(socket& connection) {
    char byte = 0;
    boost::system::error_code error;
    connection.non_blocking(true, error);
    connection.receive(asio::buffer(&byte, 1), socket::message_peek, error);
    return error == asio::error::would_block;
  }

  std::size_t most_;
  std::map<std::string, std::vector<socket>> by_origin_;
};

/// The host when it is an address; nothing when it is a name.
std::optional<tcp::endpoint> endpoint_in(const http_url& url) {
  boost::system::error_code is_name;
  const auto address = asio::ip::make_address(url.host, is_name);
  std::uint16_t port = 0;
  const char* const end = url.port.data() + url.port.size();
  const auto read = std::from_chars(url.port.data(), end, port);
  if (is_name || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return tcp::endpoint{address, port};
}

}  // namespace

/// Keeps the thread waiting for work.
struct http_client::work {
  explicit work(asio::io_context& context) : guard{context.get_executor()} {}
  asio::executor_work_guard<asio::io_context::executor_type> guard;
};

/// What the exchanges share. They and the thread keep it alive.
class http_client::state {
public:
  explicit state(std::size_t idle_max) : idle{idle_max} {}

  // Only the client's own thread touches these.
  asio::io_context context{1};
  idle_connections idle;
  std::set<exchange*> open;
};

/// One request and its answer. Keeps itself alive until it has called back, once.
class http_client::exchange : public std::enable_shared_from_this<exchange> {
public:
  exchange(std::shared_ptr<state> home, http_request request, http_url url, completion<http_reply> done)
      : home_{std::move(home)},
        url_{std::move(url)},
        done_{std::move(done)},
        limit_{request.limit},
        deadline_{home_->context},
        resolver_{home_->context},
        socket_{home_->context} {
    message_.method_string(request.method);
    message_.target(url_.target);
    message_.set(beast::http::field::host, url_.origin);
    for (const auto& [name, value] : request.headers) message_.set(name, value);
    message_.body() = std::move(request.body);
    message_.prepare_payload();
    answer_.body_limit(request.answer_bytes_max);
  }

  void start() {
    home_->open.insert(this);
    deadline_.expires_after(limit_);
    deadline_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->end(unknown("no answer from " + self->url_.origin + " in time"));
    });
    if (auto connection = home_->idle.take(url_.origin)) {
      socket_ = std::move(*connection);
      return write();
    }
    // All names wait for one thread, and so for the slowest name server: an address must not.
    if (const auto literal = endpoint_in(url_)) {
      return socket_.async_connect(*literal, [self = shared_from_this()](auto error) { self->connected(error); });
    }
    resolver_.async_resolve(url_.host, url_.port, [self = shared_from_this()](auto error, auto found) {
      if (error) return self->fail("cannot be resolved", error);
      asio::async_connect(self->socket_, found, [self](auto unreached, const auto&) { self->connected(unreached); });
    });
  }

  void give_up() { end(unknown("the connection to " + url_.origin + " was closed by this program")); }

private:
  void connected(const boost::system::error_code& error) {
    if (error) return fail("cannot be reached", error);
    boost::system::error_code ignored;
    socket_.set_option(tcp::no_delay{true}, ignored);
    write();
  }

  void write() {
    beast::http::async_write(socket_, message_, [self = shared_from_this()](auto error, std::size_t) {
      if (error) return self->fail("did not take the request", error);
      beast::http::async_read(self->socket_, self->buffer_, self->answer_, [self](auto unread, std::size_t) {
        if (unread) return self->fail("gave no whole answer", unread);
        self->finish();
      });
    });
  }

  void finish() {
    http_reply reply{static_cast<int>(answer_.get().result_int()), std::move(answer_.get().body())};
    const bool may_stay = answer_.get().keep_alive() && buffer_.size() == 0 && done_ != nullptr;
    if (may_stay) home_->idle.keep(url_.origin, std::move(socket_));
    end(std::move(reply));
  }

  void fail(std::string_view what, const boost::system::error_code& error) {
    end(unknown(url_.origin + " " + std::string{what} + ": " + error.message()));
  }

  void end(result<http_reply> outcome) {
    if (done_ == nullptr) return;
    const auto done = std::exchange(done_, nullptr);
    home_->open.erase(this);
    deadline_.cancel();
    resolver_.cancel();
    boost::system::error_code ignored;
    if (socket_.is_open()) socket_.close(ignored);
    done(std::move(outcome));
  }

  std::shared_ptr<state> home_;
  http_url url_;
  completion<http_reply> done_;
  std::chrono::milliseconds limit_;
  timer deadline_;
  resolver resolver_;
  socket socket_;
  beast::http::request<beast::http::string_body> message_;
  beast::flat_buffer buffer_;
  beast::http::response_parser<beast::http::string_body> answer_;
};

http_client::http_client(std::size_t idle_connections_max)
    : state_{std::make_shared<state>(idle_connections_max)}, work_{std::make_unique<work>(state_->context)} {
  thread_ = std::thread{[state = state_] { state->context.run(); }};
}

http_client::~http_client() {
  asio::post(state_->context, [state = state_] {
    const std::vector<exchange*> open{state->open.begin(), state->open.end()};
    for (exchange* one : open) one->shared_from_this()->give_up();
    state->idle.clear();
  });
  work_.reset();
  // Whoever lets go of the last handle in a callback is on this thread; it ends by itself when the callback has.
  if (thread_.get_id() == std::this_thread::get_id()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

void http_client::send(http_request request, completion<http_reply> done) {
  auto url = parse_http_url(request.url);
  if (!url) return done(url.error());
  for (const auto& [name, value] : request.headers) {
    if ((name + value).find_first_of("\r\n") != std::string::npos)
      return done(invalid("a header has a line break: " + name));
  }
  asio::post(state_->context, [one = std::make_shared<exchange>(state_, std::move(request), *std::move(url),
                                                                std::move(done))] { one->start(); });
}

}  // namespace treaty::client
