#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/etcd/etcd_access.hpp"
#include "net/etcd/etcd_loop.hpp"
#include "proto/etcd.grpc.pb.h"

namespace treaty {

/// What stands in a log or a reason.
std::string text_of(const grpc::Status& status);

class etcd_client;

/// A stream of what happens to keys. After `cancel` nothing is heard any more.
class etcd_watch_stream : public std::enable_shared_from_this<etcd_watch_stream> {
public:
  using heard = std::function<void(const etcdserverpb::WatchResponse&)>;
  using ended = std::function<void(const grpc::Status&)>;
  etcd_watch_stream(std::shared_ptr<etcd_client> client, heard on_response, ended on_end);
  void start(const etcdserverpb::WatchCreateRequest& what);
  void cancel();

private:
  void read();
  void finish();

  const std::shared_ptr<etcd_client> client_;
  heard heard_;
  ended ended_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<etcdserverpb::WatchRequest, etcdserverpb::WatchResponse>> stream_;
  etcdserverpb::WatchResponse response_;
  grpc::Status status_;
  etcd_loop::timer creation_limit_;
  std::size_t endpoint_ = 0;
};

/// Speaks to one cluster: one of its endpoints at a time, the next one when that fails; with a token when there is an
/// account and etcd asks for it. It repeats nothing but calls with a token that is not valid any more. Threads: the
/// loop's own.
class etcd_client : public std::enable_shared_from_this<etcd_client> {
public:
  template <class Reply>
  using answered = std::function<void(const grpc::Status&, const Reply&)>;

  /// `loop` outlives its thread's last use of this object.
  etcd_client(etcd_loop& loop, etcd_access access);

  void range(etcdserverpb::RangeRequest what, answered<etcdserverpb::RangeResponse> done);
  void put(etcdserverpb::PutRequest what, answered<etcdserverpb::PutResponse> done);
  void grant(etcdserverpb::LeaseGrantRequest what, answered<etcdserverpb::LeaseGrantResponse> done);
  void revoke(etcdserverpb::LeaseRevokeRequest what, answered<etcdserverpb::LeaseRevokeResponse> done);
  void renew(etcdserverpb::LeaseKeepAliveRequest what, answered<etcdserverpb::LeaseKeepAliveResponse> done);
  [[nodiscard]] std::shared_ptr<etcd_watch_stream> watch(etcdserverpb::WatchCreateRequest what,
                                                         etcd_watch_stream::heard on_response,
                                                         etcd_watch_stream::ended on_end);

  const etcd_access& access() const { return access_; }
  etcd_loop& loop() { return loop_; }

private:
  friend class etcd_watch_stream;
  template <class Reply>
  struct unary;
  struct renewal;

  enum class attempt : std::uint8_t { first = 1, with_new_token };
  template <class Reply>
  using reader = std::unique_ptr<grpc::ClientAsyncResponseReader<Reply>>;
  /// `start` is one of the stub's PrepareAsync functions.
  template <class Stub, class Request, class Reply>
  void call(Request what, answered<Reply> done,
            reader<Reply> (Stub::*start)(grpc::ClientContext*, const Request&, grpc::CompletionQueue*),
            attempt which = attempt::first);
  void with_token(std::function<void(const grpc::Status&)> then);
  void authenticate();
  void prepare(grpc::ClientContext& context) const;
  bool forgets_token(const grpc::Status& status, const std::optional<std::string>& token);
  bool has_account() const;
  std::shared_ptr<grpc::Channel> channel();
  void judge(const grpc::Status& status, std::size_t endpoint);

  etcd_loop& loop_;
  const etcd_access access_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;  // made when they are needed
  std::size_t current_ = 0;
  std::optional<std::string> token_;  // empty: etcd needs none
  std::vector<std::function<void(const grpc::Status&)>> awaiting_token_;
};

}  // namespace treaty
