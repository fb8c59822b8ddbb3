#pragma once

#include <chrono>
#include <string>

#include "net/http/connect_breaker.hpp"

namespace treaty {

/// Remembers that a destination takes calls and does not answer them, so that calls fail at once instead of holding a
/// connection, and their transactions memory, until their time is over.
///
/// closed --failures_to_open calls in a row without a word--> open --its window has passed--> one call finds out
/// that call --no word--> open, for twice as long; --any answer, also a bad one--> closed.
class silence_breaker {
public:
  using time = connect_breaker::time;

  explicit silence_breaker(breaker_options options) : breaker_{options} {}

  /// Whether a call may be made now. One that finds out is given `limit` for it.
  bool admits(time now, std::chrono::milliseconds limit);
  /// The destination has said something.
  void spoke() { breaker_.connected(); }
  /// A call's time is over, without an answer to it. Returns true when this opened the breaker.
  bool was_silent(time now, double jitter) { return breaker_.failed(now, "", jitter); }
  bool tripped() const { return breaker_.tripped(); }
  std::chrono::milliseconds left(time now) const { return breaker_.left(now); }
  std::string text(time now) const;

private:
  connect_breaker breaker_;
  time found_out_by_{};  // the call that finds out is over
};

}  // namespace treaty
