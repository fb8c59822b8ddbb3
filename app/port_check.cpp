#include "app/port_check.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace treaty {
namespace {

int try_bind(int family, const sockaddr* address, socklen_t length) {
  const int handle = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (handle < 0) return errno;
  const int on = 1;
  setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);  // connections of an earlier process do not count
  const int error = bind(handle, address, length) == 0 ? 0 : errno;
  close(handle);
  return error;
}

int try_every_interface(std::uint16_t port) {
  sockaddr_in6 both{};
  both.sin6_family = AF_INET6;
  both.sin6_port = htons(port);
  const int error = try_bind(AF_INET6, reinterpret_cast<const sockaddr*>(&both), sizeof both);
  if (error != EAFNOSUPPORT && error != EADDRNOTAVAIL) return error;
  sockaddr_in old{};  // a machine without IPv6
  old.sin_family = AF_INET;
  old.sin_port = htons(port);
  return try_bind(AF_INET, reinterpret_cast<const sockaddr*>(&old), sizeof old);
}

}  // namespace

result<void> check_port_free(std::string_view name, std::uint16_t port) {
  if (port == 0) return {};
  const int error = try_every_interface(port);
  if (error == 0) return {};
  return failure{errc::unavailable,
                 "cannot listen on " + std::string{name} + " " + std::to_string(port) + ": " + std::strerror(error)};
}

}  // namespace treaty
