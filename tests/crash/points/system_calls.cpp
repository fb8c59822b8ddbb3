// Stands before the C library's functions of the same names, for the whole program and the libraries it loads: what the
// coordinator, RocksDB, Asio and gRPC hand to the kernel passes here.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <cstdio>
#include <optional>
#include <string_view>

#include "tests/crash/points/trigger.hpp"

namespace {

using treaty::crash::crash_point;

/// The three points around one kind of output.
struct output_points {
  crash_point before;
  crash_point torn;
  crash_point after;
  bool any_armed() const {
    return treaty::crash::is_armed(before) || treaty::crash::is_armed(torn) || treaty::crash::is_armed(after);
  }
};
constexpr output_points to_log{crash_point::log_write_before, crash_point::log_write_torn,
                               crash_point::log_write_after};
constexpr output_points to_client{crash_point::client_send_before, crash_point::client_send_torn,
                                  crash_point::client_send_after};
constexpr output_points to_branch{crash_point::branch_send_before, crash_point::branch_send_torn,
                                  crash_point::branch_send_after};

/// The ports on which this process listens: a connection at one of them is a client's.
std::array<std::atomic<std::uint16_t>, 16> listening{};

std::uint16_t own_port(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET) return reinterpret_cast<const sockaddr_in&>(address).sin_port;
  if (address.ss_family == AF_INET6) return reinterpret_cast<const sockaddr_in6&>(address).sin6_port;
  return 0;
}

bool is_listening(std::uint16_t port) {
  for (const auto& one : listening)
    if (port != 0 && one == port) return true;
  return false;
}

/// RocksDB's write-ahead log, told by its name.
bool is_log(int file) {
  std::array<char, 64> link;
  std::array<char, PATH_MAX> path;
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", file);
  const ssize_t length = ::readlink(link.data(), path.data(), path.size());
  return length > 0 && std::string_view{path.data(), static_cast<std::size_t>(length)}.ends_with(".log");
}

std::optional<output_points> armed_points_of_socket(int socket) {
  if (!to_client.any_armed() && !to_branch.any_armed()) return std::nullopt;
  const output_points& points = is_listening(own_port(socket)) ? to_client : to_branch;
  if (!points.any_armed()) return std::nullopt;
  return points;
}

template <class Whole, class Half>
ssize_t write_out(const output_points& points, const Whole& whole, const Half& half) {
  treaty::crash::pass(points.before);
  if (treaty::crash::is_last_passage(points.torn)) {
    half();
    treaty::crash::die();
  }
  const ssize_t done = whole();
  if (done > 0) treaty::crash::pass(points.after);
  return done;
}

/// Sends the first half of what `message` holds.
void send_half(int socket, const msghdr& message, int flags) {
  if (message.msg_iovlen == 0) return;
  iovec first = message.msg_iov[0];
  msghdr half{};
  half.msg_iov = &first;
  half.msg_iovlen = 1;
  if (message.msg_iovlen > 1) {
    half.msg_iov = message.msg_iov;
    half.msg_iovlen = message.msg_iovlen / 2;
  } else {
    first.iov_len /= 2;
  }
  ::syscall(SYS_sendmsg, socket, &half, flags);
}

constexpr std::array log_syncs{crash_point::log_sync_before, crash_point::log_sync_after};
constexpr std::array file_syncs{crash_point::file_sync_before, crash_point::file_sync_after};

int sync(int file, long number) {
  using treaty::crash::is_armed;
  const bool log_armed = is_armed(log_syncs[0]) || is_armed(log_syncs[1]);
  const bool file_armed = is_armed(file_syncs[0]) || is_armed(file_syncs[1]);
  const bool counts = (log_armed || file_armed) && is_log(file) == log_armed;
  const auto& points = log_armed ? log_syncs : file_syncs;
  if (counts) treaty::crash::pass(points[0]);
  const int done = static_cast<int>(::syscall(number, file));
  if (counts) treaty::crash::pass(points[1]);
  return done;
}

}  // namespace

extern "C" {

int listen(int socket, int backlog) {
  const int done = static_cast<int>(::syscall(SYS_listen, socket, backlog));
  const std::uint16_t port = own_port(socket);
  for (auto& place : listening) {
    std::uint16_t free_place = 0;
    if (place == port || place.compare_exchange_strong(free_place, port)) break;
  }
  return done;
}

ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  const auto whole = [&] { return static_cast<ssize_t>(::syscall(SYS_sendmsg, socket, message, flags)); };
  const auto points = armed_points_of_socket(socket);
  if (!points) return whole();
  return write_out(*points, whole, [&] { send_half(socket, *message, flags); });
}

ssize_t send(int socket, const void* bytes, size_t size, int flags) {
  const auto some = [&](size_t count) {
    return static_cast<ssize_t>(::syscall(SYS_sendto, socket, bytes, count, flags, nullptr, 0));
  };
  const auto points = armed_points_of_socket(socket);
  if (!points) return some(size);
  return write_out(
      *points, [&] { return some(size); }, [&] { some(size / 2); });
}

ssize_t write(int file, const void* bytes, size_t size) {
  const auto some = [&](size_t count) { return static_cast<ssize_t>(::syscall(SYS_write, file, bytes, count)); };
  if (!to_log.any_armed() || !is_log(file)) return some(size);
  return write_out(
      to_log, [&] { return some(size); }, [&] { some(size / 2); });
}

int fdatasync(int file) {
  return sync(file, SYS_fdatasync);
}

int fsync(int file) {
  return sync(file, SYS_fsync);
}

}  // extern "C"
