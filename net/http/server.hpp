#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "net/byte_room.hpp"
#include "net/client_room.hpp"
#include "net/http_handler.hpp"
#include "net/server_figures.hpp"

namespace treaty {

class asio_loop;

/// Limits of one lane's server. Whoever breaks one gets an answer where that is possible, and the connection ends.
struct http_server_options {
  std::string address;                               // empty: every interface, IPv6 and IPv4
  std::uint16_t port = 0;                            // 0: any free one, see `port()`
  std::size_t body_bytes_max = 4u << 20;             // over it: 413
  std::size_t header_bytes_max = 16u << 10;          // over it: 431
  std::chrono::milliseconds header_timeout{10'000};  // from a request's first byte, or from the connect: 408
  std::chrono::milliseconds body_timeout{30'000};    // from the header's end: 408
  std::chrono::milliseconds idle_timeout{120'000};   // between two requests
  std::chrono::milliseconds write_timeout{30'000};   // for one answer
  std::chrono::milliseconds linger_timeout{5'000};   // for a refused client to read why
  std::size_t linger_bytes_max = 32u << 20;          // of what it still sends meanwhile
  std::size_t connections_max = 20'000;              // of this lane; over it: 503
  std::size_t refusing_max = 128;                    // of this lane, that are told so at one time
  std::shared_ptr<client_room> room = client_room::unlimited();  // shared; no seat: 503
  // Shared by the lanes whose options are copies: large bodies that are read or worked on, large answers that are not
  // sent. No room: 429.
  std::shared_ptr<byte_room> bytes = std::make_shared<byte_room>(256u << 20);
};

/// HTTP/1.1 on one lane: keep-alive, pipelining, chunked bodies, `Expect: 100-continue`; one request of a connection at
/// a time. Several lanes listen on one port (SO_REUSEPORT).
class http_server {
public:
  /// Listens at once, accepts when the loop runs. `handle` runs on the lane's thread. The lane outlives the server.
  /// Errors: invalid_argument (address), unavailable (the port is taken, ..).
  static result<std::unique_ptr<http_server>> listen(asio_loop& lane, http_server_options options, http_handler handle);
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  /// Ends every connection. On the lane's thread, or while its loop does not run. Responders may live on: what they
  /// say then is dropped.
  ~http_server();

  std::uint16_t port() const;
  /// No new connections from now on. Threads: any, like all below.
  void stop_accepting();
  /// Ends connections that wait for a request now, and the others after their answer.
  void close_idle();
  std::size_t connections() const;
  server_figures figures() const;

private:
  class lane_server;
  explicit http_server(std::shared_ptr<lane_server> running);
  std::shared_ptr<lane_server> running_;
};

}  // namespace treaty
