#include "net/http/silence_breaker.hpp"

namespace treaty {

bool silence_breaker::admits(time now, std::chrono::milliseconds limit) {
  if (!breaker_.tripped()) return true;
  if (breaker_.is_open(now) || now < found_out_by_) return false;
  found_out_by_ = now + limit;
  return true;
}

std::string silence_breaker::text(time now) const {
  return "not called for another " + std::to_string(left(now).count()) + " ms after " +
         std::to_string(breaker_.failures()) + " calls in a row without an answer";
}

}  // namespace treaty
