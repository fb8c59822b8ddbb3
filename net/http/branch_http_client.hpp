#pragma once

#include <memory>

#include "net/branch_client.hpp"
#include "net/http/http_transport.hpp"

namespace treaty {

/// Branch calls over plain HTTP (docs/protocol.md, "HTTP calls").
class branch_http_client final : public branch_client {
public:
  explicit branch_http_client(std::shared_ptr<http_transport> transport) : transport_{std::move(transport)} {}
  void call(branch_call call, branch_done done) override;
  /// Of the transport, which may be shared.
  std::size_t pending() const override { return transport_->pending(); }
  bool is_crowded(branch_protocol protocol, std::string_view url, std::size_t coming) override;

private:
  std::shared_ptr<http_transport> transport_;
};

}  // namespace treaty
