#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace treaty {

/// A mutex that is had in the order in which it was asked for. A std::mutex goes to whoever asks just when it becomes
/// free: a thread that does one piece of work after the other, and lets it go between two, keeps the others out for
/// as long as it has work (the sweeper kept the committer out for seconds). Serves std::lock_guard.
class fair_mutex {
public:
  void lock() {
    std::unique_lock held{state_};
    const std::uint64_t mine = next_++;
    turned_.wait(held, [&] { return serving_ == mine; });
  }

  void unlock() {
    const std::lock_guard held{state_};
    ++serving_;
    turned_.notify_all();
  }

private:
  std::mutex state_;
  std::condition_variable turned_;
  std::uint64_t next_ = 0;
  std::uint64_t serving_ = 0;
};

}  // namespace treaty
