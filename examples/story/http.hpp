#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace story {

/// What a business service or a client needs of a request and of an answer; no more.
struct request {
  std::string path;
  std::string query;
  std::string body;
};
struct answer {
  int status = 200;
  std::string body;
};

/// The value of `name` in a query string, as the coordinator writes it; empty when absent.
std::string parameter(const std::string& query, const std::string& name);

/// Serves HTTP on a free port of 127.0.0.1, one thread for each connection, until it is destroyed. `handle` is called
/// from these threads. Throws when it cannot listen.
class http_server {
public:
  using handler = std::function<answer(const request&)>;
  explicit http_server(handler handle);
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  ~http_server();
  std::uint16_t port() const;

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

/// One request to 127.0.0.1; waits at most ten seconds. Throws when no answer comes.
answer call(std::uint16_t port, const std::string& method, const std::string& target, const std::string& body = {});

}  // namespace story
