#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace treaty {

/// A request as the HTTP server hands it on. Views live until the responder has been called.
struct http_request {
  std::string_view method;  // "GET"
  std::string_view path;    // without query, not decoded
  std::string_view query;   // without '?', not decoded
  std::string_view body;
};

struct http_reply {
  int status = 200;
  std::string body;
  std::string_view content_type = "application/json; charset=utf-8";  // static storage
  std::vector<std::pair<std::string_view, std::string>> headers;      // besides type and length
};

/// Takes the reply to one request, once. Threads: any.
class http_responder {
public:
  http_responder() = default;
  http_responder(const http_responder&) = delete;
  http_responder& operator=(const http_responder&) = delete;
  virtual ~http_responder() = default;
  virtual void reply(http_reply what) = 0;
};

/// Runs on the connection's thread; must not block; answers now or later through `to`.
using http_handler = std::function<void(const http_request&, std::shared_ptr<http_responder> to)>;

}  // namespace treaty
