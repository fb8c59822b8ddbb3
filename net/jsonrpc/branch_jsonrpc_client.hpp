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
  bool is_crowded(branch_protocol /*protocol*/, std::string_view url, std::size_t coming) override {
    return transport_->is_crowded(url, coming);
  }

private:
  std::shared_ptr<http_transport> transport_;
};

}  // namespace treaty
