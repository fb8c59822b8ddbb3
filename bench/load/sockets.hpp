#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/options.hpp"

namespace treaty::load {

/// A descriptor that closes itself.
class descriptor {
public:
  descriptor() = default;
  explicit descriptor(int number) : number_{number} {}
  descriptor(descriptor&& other) noexcept;
  descriptor& operator=(descriptor&& other) noexcept;
  ~descriptor() { close(); }

  int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  void close();

private:
  int number_ = -1;
};

/// epoll, one number for each descriptor. Threads: `wake` any, the rest the owner's.
class poller {
public:
  poller();
  void watch(const descriptor& what, std::uint64_t tag);
  /// The tags of what is ready; `wake_tag` after `wake`. Waits at most `limit`.
  std::span<const epoll_event> wait(std::chrono::nanoseconds limit);
  void wake();

  static constexpr std::uint64_t wake_tag = ~std::uint64_t{0};

private:
  descriptor epoll_;
  descriptor event_;
  std::vector<epoll_event> ready_;
};

/// All of these throw std::runtime_error with the reason.
descriptor connect_to(const endpoint& to);
descriptor listen_on(std::uint16_t port);  // any address; 0: a free port; several may share one
std::uint16_t port_of(const descriptor& bound);
/// Bound and not listening: whoever connects is refused.
descriptor bind_refusing();

enum class io_end : std::uint8_t { open, closed };
/// Appends what is there to `to`; `scratch` is the thread's own room.
io_end read_available(const descriptor& from, std::span<char> scratch, std::string& to);
/// Waits for room when the other side reads slowly.
io_end write_all(const descriptor& to, std::string_view bytes);

/// Nanoseconds of the steady clock.
std::int64_t now_ns();

}  // namespace treaty::load
