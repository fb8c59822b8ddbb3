#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace treaty::kit {

using steady = std::chrono::steady_clock;

/// A blocking TCP connection with deadlines. Nothing throws but `connect_to`.
class tcp_stream {
public:
  tcp_stream() = default;
  explicit tcp_stream(int descriptor) : descriptor_{descriptor} {}
  tcp_stream(tcp_stream&& other) noexcept : descriptor_{other.release()} {}
  tcp_stream& operator=(tcp_stream&& other) noexcept;
  ~tcp_stream() { close(); }

  /// Connects to 127.0.0.1. Throws std::runtime_error when that is refused.
  static tcp_stream connect_to(std::uint16_t port);

  /// False when the other side is gone, or did not take all of it in time.
  bool write(std::string_view bytes, steady::time_point deadline);

  enum class read_end : std::uint8_t { bytes, closed, late };
  /// Appends what arrives next to `to`.
  read_end read_some(std::string& to, steady::time_point deadline);

  /// Ends both directions, so that a thread that blocks on this connection returns. Threads: any.
  void shut_down();
  void close();
  /// Closes so that the other side sees a reset connection.
  void reset();
  bool is_open() const { return descriptor_ >= 0; }
  int release();

private:
  int descriptor_ = -1;
  std::mutex ending_;  // whoever shuts it down meets no descriptor that was closed, and is somebody else's by now
};

/// Listens on a port of 127.0.0.1; 0: a free one. Throws std::runtime_error when it cannot.
class tcp_listener {
public:
  explicit tcp_listener(std::uint16_t port = 0);
  tcp_listener(const tcp_listener&) = delete;
  tcp_listener& operator=(const tcp_listener&) = delete;
  ~tcp_listener();

  std::uint16_t port() const { return port_; }
  /// Blocks; a closed stream after `shut_down`.
  tcp_stream accept();
  /// Threads: any.
  void shut_down();

private:
  int descriptor_ = -1;
  std::uint16_t port_ = 0;
};

/// A port of 127.0.0.1 on which nobody listens, for servers that cannot choose one and say which. It is not one of
/// those that the system gives out itself: of them, a connection somewhere else may take any at the next moment. Nor is
/// it one that another test is about to use: each process has a hundred of its own.
std::uint16_t free_port();

/// A port of 127.0.0.1 that refuses connections as long as this object lives: it is taken, but nobody listens.
class refused_port {
public:
  refused_port();
  refused_port(const refused_port&) = delete;
  refused_port& operator=(const refused_port&) = delete;
  ~refused_port();

  std::uint16_t port() const { return port_; }

private:
  int descriptor_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace treaty::kit
