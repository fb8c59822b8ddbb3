#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/http/asio_loop.hpp"
#include "net/http/server.hpp"
#include "tests/kit/http_message.hpp"
#include "tests/kit/lane_thread.hpp"

namespace treaty::kit {

/// An HTTP server of ours on a free port of loopback, with a lane and a thread of its own.
class http_door {
public:
  explicit http_door(http_handler handle, http_server_options options = {}) : lane_{std::make_shared<asio_loop>()} {
    options.address = "127.0.0.1";
    auto listening = http_server::listen(*lane_, std::move(options), std::move(handle));
    EXPECT_TRUE(listening);
    server_ = *std::move(listening);
    thread_ = std::make_unique<lane_thread>(lane_);
  }
  http_door(const http_door&) = delete;
  http_door& operator=(const http_door&) = delete;
  ~http_door() { stop(); }

  /// Ends the lane's thread, then the server, then the loop.
  void stop() {
    thread_.reset();
    server_.reset();
    lane_.reset();
  }

  http_server& server() { return *server_; }
  std::uint16_t port() const { return server_->port(); }

private:
  std::shared_ptr<asio_loop> lane_;
  std::unique_ptr<http_server> server_;
  std::unique_ptr<lane_thread> thread_;
};

/// A client that says exactly what a test wants.
class http_talker {
public:
  explicit http_talker(std::uint16_t port) : stream_{tcp_stream::connect_to(port)} {}

  bool say(std::string_view bytes) { return stream_.write(bytes, patience()); }
  /// The next answer; nothing when the connection ended or nothing came for a long time.
  std::optional<http_message> hear() { return read_message(stream_, heard_, message_kind::response, patience()); }
  /// What comes before `mark`, which is taken too; nothing when it does not come.
  std::optional<std::string> hear_until(std::string_view mark) {
    std::size_t at = 0;
    while ((at = heard_.find(mark)) == std::string::npos) {
      if (stream_.read_some(heard_, patience()) != tcp_stream::read_end::bytes) return std::nullopt;
    }
    std::string before = heard_.substr(0, at);
    heard_.erase(0, at + mark.size());
    return before;
  }
  /// Everything until the server ends the connection; nothing when it does not.
  std::optional<std::string> hear_out() {
    auto end = tcp_stream::read_end::bytes;
    while (end == tcp_stream::read_end::bytes) end = stream_.read_some(heard_, patience());
    if (end == tcp_stream::read_end::late) return std::nullopt;
    return std::exchange(heard_, {});
  }
  /// Says that nothing more will come, and goes on listening.
  void finish_speaking() {
    const int descriptor = stream_.release();
    ::shutdown(descriptor, SHUT_WR);
    stream_ = tcp_stream{descriptor};
  }
  void hang_up() { stream_.close(); }

private:
  static steady::time_point patience() { return steady::now() + std::chrono::seconds{20}; }
  tcp_stream stream_;
  std::string heard_;
};

}  // namespace treaty::kit
