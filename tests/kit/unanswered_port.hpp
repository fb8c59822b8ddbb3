#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace treaty::kit {

/// A port of 127.0.0.1 whose queue of connections is full: the system answers no further connect, as if the machine
/// were gone.
class unanswered_port {
public:
  unanswered_port() {
    auto* const generic = reinterpret_cast<sockaddr*>(&address_);
    socklen_t size = sizeof address_;
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool listens = ::bind(listener_, generic, size) == 0 && ::listen(listener_, 0) == 0 &&
                         ::getsockname(listener_, generic, &size) == 0;
    if (!listens) throw std::runtime_error{"cannot listen"};
    for (const int one : queued_) ::connect(one, generic, size);  // one fits, the others wait for good
  }
  unanswered_port(const unanswered_port&) = delete;
  unanswered_port& operator=(const unanswered_port&) = delete;
  ~unanswered_port() {
    for (const int one : queued_) ::close(one);
    ::close(listener_);
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }

private:
  static int opened(int flags = 0) { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0); }

  sockaddr_in address_{};
  const int listener_ = opened();
  const std::array<int, 3> queued_{opened(SOCK_NONBLOCK), opened(SOCK_NONBLOCK), opened(SOCK_NONBLOCK)};
};

}  // namespace treaty::kit
