#include "examples/story/http.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <list>
#include <mutex>
#include <thread>

namespace story {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;

tcp::endpoint here(std::uint16_t port) {
  return {boost::asio::ip::address_v4::loopback(), port};
}

request to_request(const http::request<http::string_body>& from) {
  const std::string target{from.target()};
  const std::size_t mark = target.find('?');
  return {target.substr(0, mark), mark == std::string::npos ? "" : target.substr(mark + 1), from.body()};
}

/// Answers one request after the other until the other side closes.
void serve(tcp::socket& socket, const http_server::handler& handle) {
  boost::beast::flat_buffer buffer;
  boost::system::error_code ended;
  while (true) {
    http::request<http::string_body> in;
    http::read(socket, buffer, in, ended);
    if (ended) return;
    const answer said = handle(to_request(in));
    http::response<http::string_body> out{static_cast<http::status>(said.status), in.version(), said.body};
    out.set(http::field::content_type, "application/json");
    out.keep_alive(in.keep_alive());
    out.prepare_payload();
    http::write(socket, out, ended);
    if (ended || !out.keep_alive()) return;
  }
}

}  // namespace

std::string parameter(const std::string& query, const std::string& name) {
  const std::string key = "&" + name + "=";
  const std::string all = "&" + query;
  const std::size_t at = all.find(key);
  if (at == std::string::npos) return {};
  const std::size_t from = at + key.size();
  return all.substr(from, all.find('&', from) - from);
}

struct http_server::parts {
  struct session {
    tcp::socket socket;
    std::thread thread;
  };

  handler handle;
  boost::asio::io_context context;
  tcp::acceptor acceptor{context, here(0)};
  std::mutex mutex;
  std::list<session> sessions;
  bool stopping = false;
  std::thread thread;

  void accept_all() {
    while (true) {
      boost::system::error_code ended;
      tcp::socket socket = acceptor.accept(ended);
      const std::scoped_lock lock{mutex};
      if (ended || stopping) return;
      session& added = sessions.emplace_back(session{std::move(socket), {}});
      added.thread = std::thread{[this, &added] { serve(added.socket, handle); }};
    }
  }
};

http_server::http_server(handler handle) : parts_{std::make_unique<parts>()} {
  parts_->handle = std::move(handle);
  parts_->thread = std::thread{[this] { parts_->accept_all(); }};
}

http_server::~http_server() {
  {
    const std::scoped_lock lock{parts_->mutex};
    parts_->stopping = true;
    for (auto& one : parts_->sessions) ::shutdown(one.socket.native_handle(), SHUT_RDWR);
  }
  ::shutdown(parts_->acceptor.native_handle(), SHUT_RDWR);
  parts_->thread.join();
  for (auto& one : parts_->sessions) one.thread.join();
}

std::uint16_t http_server::port() const {
  return parts_->acceptor.local_endpoint().port();
}

answer call(std::uint16_t port, const std::string& method, const std::string& target, const std::string& body) {
  boost::asio::io_context context;
  tcp::socket socket{context};
  socket.connect(here(port));
  const timeval limit{10, 0};
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  http::request<http::string_body> out{http::string_to_verb(method), target, 11, body};
  out.set(http::field::host, "127.0.0.1");
  out.set(http::field::content_type, "application/json");
  out.keep_alive(false);
  out.prepare_payload();
  http::write(socket, out);
  boost::beast::flat_buffer buffer;
  http::response<http::string_body> in;
  http::read(socket, buffer, in);
  return {static_cast<int>(in.result_int()), in.body()};
}

}  // namespace story
