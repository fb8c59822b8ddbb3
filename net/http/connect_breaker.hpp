#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace treaty {

struct breaker_options {
  std::size_t failures_to_open = 5;
  std::chrono::milliseconds open_min{1'000};
  std::chrono::milliseconds open_max{5'000};
};

/// Remembers that a destination refuses connections, so that calls fail at once instead of opening sockets.
///
/// closed --failures_to_open connects failed in a row--> open --its window has passed--> probing (one connect)
/// probing --failed--> open, for twice as long; --connected--> closed. Only connects count, never answers; over HTTP/2
/// a connect is good when it has carried a call, and a peer that goes away before has failed it.
class connect_breaker {
public:
  using time = std::chrono::steady_clock::time_point;

  explicit connect_breaker(breaker_options options) : options_{options} {}

  /// Calls are to fail at once with `text`.
  bool is_open(time now) const { return failures_ >= options_.failures_to_open && now < open_until_; }
  /// The window has passed, and one connect at a time finds out whether the destination is back.
  bool is_probing(time now) const { return failures_ >= options_.failures_to_open && now >= open_until_; }
  void connected();
  /// `jitter` in [0, 1) lengthens the window by up to a fifth. Returns true when this opened the breaker.
  bool failed(time now, std::string_view why, double jitter);
  /// True since the breaker opened until a connect succeeds.
  bool tripped() const { return failures_ >= options_.failures_to_open; }
  std::size_t failures() const { return failures_; }
  /// Of its window.
  std::chrono::milliseconds left(time now) const;
  std::string text(time now) const;

private:
  breaker_options options_;
  std::size_t failures_ = 0;
  std::chrono::milliseconds window_{0};
  time open_until_{};
  std::string why_;
};

}  // namespace treaty
