#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace treaty::crash {

struct endpoints {
  std::uint16_t http = 0;
  std::uint16_t grpc = 0;
};

/// Tells clients in which life the coordinator is. Threads: any.
class lives {
public:
  explicit lives(endpoints at) : at_{at} {}

  const endpoints& at() const { return at_; }
  void begin_next();
  void end();
  bool ended() const;
  std::uint64_t now() const;
  /// Waits for a life after `seen`; false when there will be none.
  bool await_after(std::uint64_t seen);
  /// Rests, at most `limit`; less when it is over.
  void rest(std::chrono::milliseconds limit);

private:
  const endpoints at_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t life_ = 0;
  bool ended_ = false;
};

}  // namespace treaty::crash
