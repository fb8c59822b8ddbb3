#include "tests/kit/tcp.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace treaty::kit {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

int open_socket() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) throw std::runtime_error{std::string{"socket: "} + std::strerror(errno)};
  return descriptor;
}

/// 0: a free one.
std::uint16_t bind_port(int descriptor, std::uint16_t port) {
  const int on = 1;  // a connection that ended there a moment ago must not keep it
  if (port != 0) ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = loopback(port);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(descriptor, generic, size) != 0 || ::getsockname(descriptor, generic, &size) != 0)
    throw std::runtime_error{std::string{"bind: "} + std::strerror(errno)};
  return ntohs(address.sin_port);
}

bool wait_until(int descriptor, short what, steady::time_point deadline) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady::now()).count();
    pollfd waiting{descriptor, what, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::clamp<long long>(left, 0, 1'000'000)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace

tcp_stream& tcp_stream::operator=(tcp_stream&& other) noexcept {
  if (this != &other) {
    close();
    const int taken = other.release();
    const std::lock_guard lock{ending_};
    descriptor_ = taken;
  }
  return *this;
}

tcp_stream tcp_stream::connect_to(std::uint16_t port) {
  tcp_stream stream{open_socket()};
  const sockaddr_in address = loopback(port);
  if (::connect(stream.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error{"connect to port " + std::to_string(port) + ": " + std::strerror(errno)};
  const int on = 1;
  ::setsockopt(stream.descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return stream;
}

bool tcp_stream::write(std::string_view bytes, steady::time_point deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_until(descriptor_, POLLOUT, deadline)) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

tcp_stream::read_end tcp_stream::read_some(std::string& to, steady::time_point deadline) {
  std::array<char, 16 * 1024> chunk;
  while (true) {
    if (!wait_until(descriptor_, POLLIN, deadline)) return read_end::late;
    const ssize_t got = ::recv(descriptor_, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (got > 0) {
      to.append(chunk.data(), static_cast<std::size_t>(got));
      return read_end::bytes;
    }
    if (got == 0 || (errno != EINTR && errno != EAGAIN)) return read_end::closed;
  }
}

void tcp_stream::shut_down() {
  const std::lock_guard lock{ending_};
  if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RDWR);
}

void tcp_stream::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void tcp_stream::close() {
  const std::lock_guard lock{ending_};
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

int tcp_stream::release() {
  const std::lock_guard lock{ending_};
  return std::exchange(descriptor_, -1);
}

tcp_listener::tcp_listener(std::uint16_t port) : descriptor_{open_socket()} {
  port_ = bind_port(descriptor_, port);
  if (::listen(descriptor_, 1024) != 0) throw std::runtime_error{std::string{"listen: "} + std::strerror(errno)};
}

tcp_listener::~tcp_listener() {
  ::close(descriptor_);
}

tcp_stream tcp_listener::accept() {
  while (true) {
    const int accepted = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted >= 0) {
      const int on = 1;
      ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      return tcp_stream{accepted};
    }
    if (errno != EINTR && errno != ECONNABORTED) return tcp_stream{};
  }
}

void tcp_listener::shut_down() {
  ::shutdown(descriptor_, SHUT_RDWR);
}

std::uint16_t free_port() {
  constexpr int processes = 200;
  constexpr int each = 100;
  static std::atomic<int> given{0};
  const int first = 10'000 + ::getpid() % processes * each;
  for (int attempt = 0; attempt < each; ++attempt) {
    const auto port = static_cast<std::uint16_t>(first + ++given % each);
    const int descriptor = open_socket();
    const sockaddr_in address = loopback(port);
    const bool is_free = ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(descriptor);
    if (is_free) return port;
  }
  throw std::runtime_error{"no port is free"};
}

refused_port::refused_port() : descriptor_{open_socket()}, port_{bind_port(descriptor_, 0)} {}

refused_port::~refused_port() {
  ::close(descriptor_);
}

}  // namespace treaty::kit
