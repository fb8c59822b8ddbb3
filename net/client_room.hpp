#pragma once

#include <atomic>
#include <cstddef>
#include <limits>
#include <memory>
#include <utility>

namespace treaty {

/// How many connections clients may have at once with all servers of the process together, so that the store and the
/// branch calls keep the files that they need. Threads: any.
class client_room {
public:
  client_room(std::size_t seats, int descriptors_below) : seats_{seats}, descriptors_below_{descriptors_below} {}
  static std::shared_ptr<client_room> unlimited() {
    return std::make_shared<client_room>(std::numeric_limits<std::size_t>::max(), std::numeric_limits<int>::max());
  }

  /// Empty, or one of the seats, until its end.
  class seat {
  public:
    seat() = default;
    explicit seat(std::shared_ptr<client_room> of) : of_{std::move(of)} {}
    seat(seat&&) = default;
    seat& operator=(seat&& other) noexcept {
      std::swap(of_, other.of_);
      return *this;
    }
    ~seat() {
      if (of_) of_->taken_.fetch_sub(1, std::memory_order_relaxed);
    }
    explicit operator bool() const { return of_ != nullptr; }

  private:
    std::shared_ptr<client_room> of_;
  };

  /// A seat for the connection that has this descriptor. Empty when all are taken, or when the descriptor is one of
  /// those above, which are kept for others.
  static seat take(const std::shared_ptr<client_room>& from, int descriptor) {
    if (descriptor >= from->descriptors_below_) return {};
    if (from->taken_.fetch_add(1, std::memory_order_relaxed) < from->seats_) return seat{from};
    from->taken_.fetch_sub(1, std::memory_order_relaxed);
    return {};
  }

private:
  const std::size_t seats_;
  const int descriptors_below_;
  std::atomic<std::size_t> taken_{0};
};

}  // namespace treaty
