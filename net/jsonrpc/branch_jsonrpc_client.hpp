#pragma once

#include <memory>
#include <utility>

#include "net/branch_client.hpp"
#include "net/http/http_transport.hpp"

namespace treaty {

/// Branch calls as JSON-RPC 2.0 over HTTP; the method is the URL's query parameter `method`.
class branch_jsonrpc_client final : public branch_client {
public:
  explicit branch_jsonrpc_client(std::shared_ptr<http_transport> transport) : transport_{std::move(transport)} {}
  void call(branch_call call, branch_done done) override;
  /// Of the transport, which may be shared.
  std::size_t pending() const override { return transport_->pending(); }

private:
  std::shared_ptr<http_transport> transport_;
};

}  // namespace treaty
