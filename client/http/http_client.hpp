#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "treaty/client/transport.hpp"

namespace treaty::client {

struct http_request {
  std::string method = "POST";
  std::string url;
  std::map<std::string, std::string> headers{};
  std::string body{};
  std::chrono::milliseconds limit{30'000};  // of the whole exchange
  std::uint64_t answer_bytes_max = 64U << 20U;
};

struct http_reply {
  int status = 0;
  std::string body;
};

/// HTTP/1.1 exchanges over connections that are kept open, on one thread of its own.
class http_client {
public:
  explicit http_client(std::size_t idle_connections_max);
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;
  ~http_client();

  /// Errors: unknown, when no whole answer came; invalid_argument, when the URL is not one of plain http.
  void send(http_request request, completion<http_reply> done);

private:
  class exchange;
  class state;
  struct work;
  std::shared_ptr<state> state_;
  std::unique_ptr<work> work_;
  std::thread thread_;
};

}  // namespace treaty::client
