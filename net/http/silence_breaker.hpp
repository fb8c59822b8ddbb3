#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "net/http/connect_breaker.hpp"

namespace treaty {

/// Whoever holds it is finding out whether a destination speaks again.
using silence_probe = std::shared_ptr<const void>;

/// Remembers that a destination takes calls and does not answer them, so that calls fail at once instead of holding a
/// connection, and their transactions memory, until their time is over.
///
/// closed --failures_to_open calls in a row without a word--> open --its window has passed--> one call finds out
/// that call --no word--> open, for twice as long; --any answer, also a bad one--> closed; --ended otherwise, or takes
/// longer than the longest window--> another one finds out
class silence_breaker {
public:
  using time = connect_breaker::time;

  explicit silence_breaker(breaker_options options) : breaker_{options}, pause_max_{options.open_max} {}

  /// Whether a call may be made now. One that finds out is given `limit` for it, and gets the `probe`, to hold until it
  /// has ended in whatever way.
  bool admits(time now, std::chrono::milliseconds limit, silence_probe& probe);
  /// The destination has said something.
  void spoke() { breaker_.connected(); }
  /// A call's time is over, without an answer to it. Returns true when this opened the breaker.
  bool was_silent(time now, double jitter) { return breaker_.failed(now, "", jitter); }
  bool tripped() const { return breaker_.tripped(); }
  std::chrono::milliseconds left(time now) const { return breaker_.left(now); }
  std::string text(time now) const;

private:
  connect_breaker breaker_;
  const std::chrono::milliseconds pause_max_;
  std::weak_ptr<const void> probe_;  // of the call that finds out
  time found_out_by_{};              // the others wait no longer for it: it may be slow work
};

}  // namespace treaty
