#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/branch_client.hpp"
#include "net/deadlines.hpp"
#include "net/loop.hpp"

namespace treaty {

/// One branch call over gRPC: waiting for its turn, then in flight.
class rpc final : public deadline_entry {
public:
  void expired() override { on_expired(*this); }

  branch_call call;
  branch_done done;
  std::string address;
  std::string method;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::chrono::steady_clock::time_point deadline;
  std::function<void(rpc&)> on_expired;  // while it waits
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer reply;  // ignored
  grpc::Status status;
};

/// Hands finished RPCs from gRPC's threads to the lane, in batches: one post for all that finish meanwhile.
class rpc_inbox : public std::enable_shared_from_this<rpc_inbox> {
public:
  using batch = std::vector<std::shared_ptr<rpc>>;
  /// `take` runs on the lane's thread, until `close`.
  rpc_inbox(std::weak_ptr<loop> lane, std::function<void(batch)> take)
      : lane_{std::move(lane)}, take_{std::move(take)} {}
  /// Threads: any.
  void put(std::shared_ptr<rpc> finished);
  /// Threads: the lane's own.
  void close() { take_ = nullptr; }

private:
  void hand_over();

  const std::weak_ptr<loop> lane_;
  std::function<void(batch)> take_;
  std::mutex mutex_;
  batch finished_;
};

}  // namespace treaty
