#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "net/ingress.hpp"

namespace prometheus {
class Registry;
}

namespace treaty {

struct grpc_server_options {
  std::string host = "0.0.0.0";
  std::uint16_t port = 36790;  // 0: any free one
  int request_bytes_max = 4 * 1024 * 1024;
  int streams_max = 10'000;  // RPCs at once on one connection
  std::chrono::milliseconds handshake_limit{10'000};
  std::chrono::milliseconds ping_after{60'000};  // silence after which a client must show that it is alive
  std::chrono::milliseconds ping_limit{20'000};
};

enum class serving_state : bool { not_serving, serving };

/// DTM's gRPC API with server reflection and the standard health service, which tells of "" and "dtmgimp.Dtm".
/// Threads: any, for every call.
class grpc_server {
public:
  /// Listens, not serving yet as far as health is concerned. `door` and `metrics` outlive the server.
  /// Errors: unavailable: the address cannot be listened on.
  static result<std::unique_ptr<grpc_server>> start(const grpc_server_options& options, ingress& door,
                                                    prometheus::Registry& metrics);
  /// Stops at once.
  ~grpc_server();

  std::uint16_t port() const;
  void set_serving(serving_state state);
  /// Takes no more requests, waits at most `limit` for the answers of those that are under way, ends the others as
  /// unavailable. Later calls do nothing. Blocks; not from a lane.
  void stop(std::chrono::milliseconds limit);

private:
  class running;
  explicit grpc_server(std::unique_ptr<running> state);
  std::unique_ptr<running> state_;
};

}  // namespace treaty
