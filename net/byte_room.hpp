#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace treaty {

/// How many bytes of large requests and answers servers may hold for their clients together: a limit of each, times
/// all that may come at once, is more than any machine has. Threads: any.
class byte_room {
public:
  explicit byte_room(std::size_t most) : most_{most} {}

  /// What one connection holds, until its end. Threads: one.
  class share {
  public:
    explicit share(std::shared_ptr<byte_room> of) : of_{std::move(of)} {}
    share(const share&) = delete;
    share& operator=(const share&) = delete;
    ~share() { hold(0); }

    /// Holds so many bytes now. False, and as it was, when that is more than before and there is no room; for one
    /// alone there always is.
    bool hold(std::size_t bytes) {
      if (bytes == bytes_) return true;
      const std::size_t others = of_->held_.fetch_add(bytes - bytes_, std::memory_order_relaxed) - bytes_;
      if (bytes > bytes_ && others > 0 && others + bytes > of_->most_) {
        of_->held_.fetch_sub(bytes - bytes_, std::memory_order_relaxed);
        return false;
      }
      bytes_ = bytes;
      return true;
    }

  private:
    const std::shared_ptr<byte_room> of_;
    std::size_t bytes_ = 0;
  };

private:
  const std::size_t most_;
  std::atomic<std::size_t> held_{0};
};

}  // namespace treaty
