#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/grpc_codes.hpp"

namespace treaty {

/// One RPC, as what serves it sees it. Threads: any, but where it says otherwise.
class rpc {
public:
  rpc() = default;
  rpc(const rpc&) = delete;
  rpc& operator=(const rpc&) = delete;
  virtual ~rpc() = default;
  /// One of several messages of the answer.
  virtual void send(std::string message) = 0;
  /// Ends it well, with its last or only message.
  virtual void finish(std::string message) = 0;
  /// Ends it. What is said of an RPC that has ended, or whose client has left, is dropped.
  virtual void finish(grpc_status how) = 0;
  /// Somebody may still listen. Threads: the lane's own.
  virtual bool is_open() const = 0;
};

/// Runs on the lane's thread; must not block; the bytes live until it returns.
using rpc_handler = std::function<void(std::string_view message, std::shared_ptr<rpc> to)>;

/// How often a client speaks in one RPC.
enum class rpc_asks : bool { once, often };

struct rpc_method {
  rpc_asks asks = rpc_asks::once;
  rpc_handler serve;  // for each message; `often` ends well when the client has said all
};

/// The methods of a server. Threads: one while methods are added, then any.
class rpc_table {
public:
  /// `path` is "/package.Service/Method".
  void add(const std::string& path, rpc_method method);
  /// Null: there is no such method.
  const rpc_method* find(std::string_view path) const;
  /// "package.Service", each once, in order.
  std::vector<std::string> services() const;
  /// Why `find` found nothing.
  grpc_status unknown(std::string_view path) const;

private:
  std::map<std::string, rpc_method, std::less<>> methods_;
};

}  // namespace treaty
