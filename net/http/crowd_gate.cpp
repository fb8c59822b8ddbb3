#include "net/http/crowd_gate.hpp"

#include <algorithm>

namespace treaty {
namespace {

constexpr int averaged_over = 16;  // calls
constexpr int standing_part = 5;
constexpr std::chrono::seconds changes_after{1};

}  // namespace

void crowd_gate::took(std::chrono::nanoseconds call) {
  usual_ += (call - usual_) / averaged_over;
}

bool crowd_gate::is_crowded(time now, std::size_t ahead, std::size_t places) {
  const auto wait =
      usual_ * static_cast<std::int64_t>(ahead) / static_cast<std::int64_t>(std::max<std::size_t>(places, 1));
  const auto burst_max = std::max(wait_max_, usual_);
  const auto standing_max = burst_max / standing_part;
  const bool stands = is_standing(now, wait, standing_max);
  return wait_max_.count() > 0 && wait > (stands ? standing_max : burst_max);
}

bool crowd_gate::is_standing(time now, std::chrono::nanoseconds wait, std::chrono::nanoseconds standing_max) {
  const bool nobody_asked = now - asked_at_ > changes_after;
  asked_at_ = now;
  if (nobody_asked) stands_ = false;
  const bool differs = stands_ ? wait < standing_max / 2 : wait > standing_max;
  if (nobody_asked || !differs) as_before_at_ = now;
  if (now - as_before_at_ >= changes_after) {
    stands_ = !stands_;
    as_before_at_ = now;
  }
  return stands_;
}

}  // namespace treaty
