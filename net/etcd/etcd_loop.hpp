#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

namespace treaty {

/// The thread on which everything that speaks to etcd lives, so that it needs no locks: calls end there, timers fire
/// there, and other threads post there.
class etcd_loop {
public:
  using clock = std::chrono::steady_clock;
  /// What happens when a step of a call is done; `ok` as gRPC says it.
  using step = std::function<void(bool ok)>;
  /// Fires once, unless it is destroyed before.
  using timer = std::shared_ptr<const void>;

  etcd_loop();
  etcd_loop(const etcd_loop&) = delete;
  etcd_loop& operator=(const etcd_loop&) = delete;
  /// As `stop`.
  ~etcd_loop();

  /// Runs `work` later on the loop's thread, never inline; not at all once `stop` was called. Threads: any.
  void post(std::function<void()> work);
  /// Cancels what is under way, and waits until the thread has ended. Threads: any but the loop's.
  void stop();

  // Threads: the loop's own.

  [[nodiscard]] timer after(std::chrono::milliseconds span, std::function<void()> work);
  grpc::CompletionQueue& queue() { return queue_; }
  /// What gRPC is to be given for `what`. To be freed by nobody: it is gone when the step is done.
  static void* tag(step what);
  bool is_stopping() const { return stopping_; }
  /// A call that `stop` cancels.
  void started(grpc::ClientContext& call) { calls_.insert(&call); }
  void ended(grpc::ClientContext& call) { calls_.erase(&call); }

private:
  struct alarm;
  void run();

  grpc::CompletionQueue queue_;
  std::set<grpc::ClientContext*> calls_;
  std::set<alarm*> alarms_;
  bool stopping_ = false;
  std::mutex posting_;
  bool closed_ = false;  // for those who post
  // gRPC's queue orders whoever posts and the loop, by atomics in its library that a thread sanitizer does not see.
  std::atomic<std::uint64_t> posted_{0};
  std::thread thread_;
};

}  // namespace treaty
