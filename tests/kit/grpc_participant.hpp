#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace treaty::kit {

/// One RPC as a gRPC business service saw it.
struct seen_rpc {
  std::string method;
  std::multimap<std::string, std::string> metadata;
  std::string message;
  std::chrono::system_clock::time_point deadline;
  std::string authority = {};
};

/// A gRPC business service that takes any unary method with raw bytes. Threads: any.
class grpc_participant final : private grpc::CallbackGenericService {
public:
  /// How an RPC ends; `never`: not before the client gives up.
  struct reply {
    grpc::Status status;
    bool never = false;
    std::string message;
  };
  using script = std::function<reply(const seen_rpc&)>;

  /// Listens at `address`; port 0: a free one.
  explicit grpc_participant(script what, const std::string& address = "127.0.0.1:0");
  ~grpc_participant();
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::vector<seen_rpc> ledger() const;

private:
  class one_call;
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override;
  reply enter(seen_rpc seen);

  script script_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<seen_rpc> ledger_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace treaty::kit
