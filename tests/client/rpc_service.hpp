#pragma once

#include <functional>
#include <memory>
#include <string>

#include "treaty/client/branch_context.hpp"

namespace treaty::client::test {

/// A gRPC branch service for any unary method of raw bytes; the handler runs on a thread of gRPC.
class rpc_service {
public:
  /// Gets the last part of the method's name.
  using handler =
      std::function<result<std::string>(const branch_context&, const std::string& method, const std::string& message)>;
  explicit rpc_service(handler what);
  ~rpc_service();
  std::string address() const;

private:
  class service;
  std::unique_ptr<service> service_;
};

}  // namespace treaty::client::test
