#include "tests/crash/lives.hpp"

namespace treaty::crash {

void lives::begin_next() {
  const std::scoped_lock lock{mutex_};
  ++life_;
  changed_.notify_all();
}

void lives::end() {
  const std::scoped_lock lock{mutex_};
  ended_ = true;
  changed_.notify_all();
}

bool lives::ended() const {
  const std::scoped_lock lock{mutex_};
  return ended_;
}

std::uint64_t lives::now() const {
  const std::scoped_lock lock{mutex_};
  return life_;
}

bool lives::await_after(std::uint64_t seen) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return ended_ || life_ != seen; });
  return !ended_;
}

void lives::rest(std::chrono::milliseconds limit) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, limit, [&] { return ended_; });
}

}  // namespace treaty::crash
