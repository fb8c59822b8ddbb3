#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "net/client_room.hpp"
#include "net/server_figures.hpp"

namespace treaty {

class asio_loop;
class dtm_service;

/// Limits of one lane's server.
struct grpc_server_options {
  std::string address;     // empty: every interface, IPv6 and IPv4
  std::uint16_t port = 0;  // 0: any free one, see `port()`
  std::size_t request_bytes_max = 4u << 20;
  std::size_t header_bytes_max = 64u << 10;
  std::size_t held_bytes_max = 256u << 20;     // by all RPCs: requests that come, answers that are not taken
  std::size_t answers_waiting_max = 1u << 20;  // of one RPC that asks often
  std::uint32_t streams_max = 10'000;          // RPCs at once on one connection
  std::size_t connections_max = 20'000;
  std::shared_ptr<client_room> room = client_room::unlimited();  // shared; no seat: closed at once
  std::chrono::milliseconds handshake_limit{10'000};
  std::chrono::milliseconds request_limit{30'000};  // for a request to come wholly
  std::chrono::milliseconds write_limit{30'000};    // without the client's taking a byte of its answers, or of one
  std::chrono::milliseconds ping_after{60'000};     // silence after which a client must show that it is alive
  std::chrono::milliseconds ping_limit{20'000};
};

enum class serving_state : bool { not_serving, serving };

/// gRPC on one lane: DTM's API, the standard health service, which tells of "" and "dtmgimp.Dtm", and server
/// reflection. Several lanes listen on one port (SO_REUSEPORT).
class grpc_server {
public:
  /// Listens at once, accepts when the loop runs; not serving yet as far as health is concerned. The lane and `dtm`
  /// outlive the server. Errors: invalid_argument (address), unavailable (the port is taken, ..).
  static result<std::unique_ptr<grpc_server>> listen(asio_loop& lane, const grpc_server_options& options,
                                                     dtm_service& dtm);
  grpc_server(const grpc_server&) = delete;
  grpc_server& operator=(const grpc_server&) = delete;
  /// Ends every connection. On the lane's thread, or while its loop does not run. Answers may come later: they are
  /// dropped.
  ~grpc_server();

  std::uint16_t port() const;
  /// Threads: any, like all below.
  void set_serving(serving_state state);
  /// Takes no more connections and RPCs; a connection ends with the last answer that it waits for.
  void go_away();
  std::size_t connections() const;
  server_figures figures() const;

private:
  class lane_server;
  explicit grpc_server(std::shared_ptr<lane_server> running);
  std::shared_ptr<lane_server> running_;
};

}  // namespace treaty
