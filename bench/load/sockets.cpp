#include "bench/load/sockets.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>

namespace treaty::load {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error{what + ": " + std::strerror(errno)};
}

void set_flag(int socket, int level, int name) {
  const int on = 1;
  ::setsockopt(socket, level, name, &on, sizeof on);
}

sockaddr_in any_address(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  return address;
}

sockaddr_in resolve(const endpoint& to) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(to.host.c_str(), nullptr, &hints, &found) != 0) throw std::runtime_error{"unknown host " + to.host};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, &::freeaddrinfo};
  sockaddr_in address{};
  std::memcpy(&address, found->ai_addr, sizeof address);
  address.sin_port = htons(to.port);
  return address;
}

void bind_to(int socket, sockaddr_in address) {
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
}

}  // namespace

descriptor::descriptor(descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}

descriptor& descriptor::operator=(descriptor&& other) noexcept {
  if (this != &other) {
    close();
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

void descriptor::close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

poller::poller()
    : epoll_{::epoll_create1(EPOLL_CLOEXEC)}, event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}, ready_(512) {
  watch(event_, wake_tag);
}

void poller::watch(const descriptor& what, std::uint64_t tag) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag;
  if (::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, what.number(), &event) != 0) fail("epoll_ctl");
}

std::span<const epoll_event> poller::wait(std::chrono::nanoseconds limit) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit);
  const timespec most{seconds.count(), (limit - seconds).count()};
  const int count = ::epoll_pwait2(epoll_.number(), ready_.data(), static_cast<int>(ready_.size()), &most, nullptr);
  const auto ready = std::span<const epoll_event>{ready_}.first(count > 0 ? static_cast<std::size_t>(count) : 0);
  for (const epoll_event& event : ready) {
    if (event.data.u64 != wake_tag) continue;
    std::uint64_t ignored = 0;
    if (::read(event_.number(), &ignored, sizeof ignored) < 0) break;  // another wait took it
  }
  return ready;
}

void poller::wake() {
  const std::uint64_t one = 1;
  if (::write(event_.number(), &one, sizeof one) < 0) return;  // full: it wakes anyway
}

descriptor connect_to(const endpoint& to) {
  descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const sockaddr_in address = resolve(to);
  if (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("connect to " + to.host + ":" + std::to_string(to.port));
  set_flag(socket.number(), IPPROTO_TCP, TCP_NODELAY);
  ::fcntl(socket.number(), F_SETFL, O_NONBLOCK);
  return socket;
}

descriptor listen_on(std::uint16_t port) {
  descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  set_flag(socket.number(), SOL_SOCKET, SO_REUSEPORT);
  set_flag(socket.number(), IPPROTO_TCP, TCP_NODELAY);  // accepted sockets inherit it
  bind_to(socket.number(), any_address(port));
  if (::listen(socket.number(), 4096) != 0) fail("listen");
  return socket;
}

std::uint16_t port_of(const descriptor& bound) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(bound.number(), reinterpret_cast<sockaddr*>(&address), &size) != 0) fail("getsockname");
  return ntohs(address.sin_port);
}

descriptor bind_refusing() {
  descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  bind_to(socket.number(), any_address(0));
  return socket;
}

io_end read_available(const descriptor& from, std::span<char> scratch, std::string& to) {
  while (true) {
    const ssize_t got = ::recv(from.number(), scratch.data(), scratch.size(), 0);
    if (got > 0) {
      to.append(scratch.data(), static_cast<std::size_t>(got));
      if (static_cast<std::size_t>(got) < scratch.size()) return io_end::open;  // spares the call that says "no more"
    } else if (got == 0) {
      return io_end::closed;
    } else if (errno != EINTR) {
      return errno == EAGAIN ? io_end::open : io_end::closed;
    }
  }
}

io_end write_all(const descriptor& to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(to.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd waiting{to.number(), POLLOUT, 0};
      if (::poll(&waiting, 1, 1'000) <= 0) return io_end::closed;
    } else if (errno != EINTR) {
      return io_end::closed;
    }
  }
  return io_end::open;
}

std::int64_t now_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

}  // namespace treaty::load
