#include "net/http/silence_breaker.hpp"

#include <algorithm>

namespace treaty {

bool silence_breaker::admits(time now, std::chrono::milliseconds limit, silence_probe& probe) {
  probe.reset();
  if (!breaker_.tripped()) return true;
  if (breaker_.is_open(now) || (!probe_.expired() && now < found_out_by_)) return false;
  probe = std::make_shared<const char>('\0');
  probe_ = probe;
  found_out_by_ = now + std::min(limit, pause_max_);
  return true;
}

std::string silence_breaker::text(time now) const {
  const auto pause = left(now);
  const std::string until = pause.count() > 0 ? "for another " + std::to_string(pause.count()) + " ms"
                                              : std::string{"while another call finds out whether it speaks again,"};
  return "not called " + until + " after " + std::to_string(breaker_.failures()) + " calls in a row without an answer";
}

}  // namespace treaty
