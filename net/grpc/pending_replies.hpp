#pragma once

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "net/grpc/grpc_metrics.hpp"
#include "net/ingress.hpp"

namespace treaty {

/// One RPC that waits for its answer: finished exactly once, whoever comes first. Dropped unanswered, it says so.
/// Threads: any.
class pending_reply final : public answer_sink {
public:
  pending_reply(std::shared_ptr<class pending_replies> among, grpc::ServerUnaryReactor& reactor,
                const method_counters& counters);
  ~pending_reply() override;
  void answer(treaty::answer what) override;
  void finish(const grpc::Status& status);
  /// Ends it well. `fill` writes the reply message; it is not called when the RPC, and so the message, has ended.
  void finish_filled(const std::function<void()>& fill);

private:
  friend class pending_replies;
  void end(const grpc::Status& status, const std::function<void()>& fill = {});

  std::shared_ptr<pending_replies> among_;  // the door may keep a reply longer than the server lives
  grpc::ServerUnaryReactor& reactor_;       // gRPC's, alive until it is finished
  const method_counters& counters_;         // the server's; not touched once finished
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::atomic<bool> finished_{false};
};

/// All RPCs without an answer, so that a stop can end them: gRPC waits for each of its reactors without a limit.
class pending_replies : public std::enable_shared_from_this<pending_replies> {
public:
  /// Null while stopping: then the reactor has been finished.
  std::shared_ptr<pending_reply> open(grpc::ServerUnaryReactor& reactor, const method_counters& counters);
  /// New RPCs are refused from now on; waits for those that are open until `deadline`, then ends them. Blocks.
  void stop(std::chrono::steady_clock::time_point deadline);

private:
  friend class pending_reply;
  void closed(pending_reply& one);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_set<pending_reply*> open_;
  bool stopping_ = false;
};

}  // namespace treaty
