#include "net/http/connect_breaker.hpp"

#include <algorithm>

namespace treaty {

void connect_breaker::connected() {
  failures_ = 0;
  window_ = std::chrono::milliseconds{0};
}

bool connect_breaker::failed(time now, std::string_view why, double jitter) {
  why_ = why;
  ++failures_;
  if (failures_ < options_.failures_to_open || now < open_until_) return false;
  window_ = std::clamp(window_ * 2, options_.open_min, options_.open_max);
  open_until_ = now + window_ + std::chrono::milliseconds{static_cast<long>(window_.count() * jitter / 5)};
  return true;
}

std::chrono::milliseconds connect_breaker::left(time now) const {
  return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(open_until_ - now),
                  std::chrono::milliseconds{0});
}

std::string connect_breaker::text(time now) const {
  return "not tried for another " + std::to_string(left(now).count()) + " ms after " + std::to_string(failures_) +
         " failed connects: " + why_;
}

}  // namespace treaty
