#pragma once

#include <memory>
#include <string>

#include "net/branch_client.hpp"
#include "net/discovery.hpp"
#include "net/http/http_transport.hpp"
#include "net/http2/branch_grpc_client.hpp"

namespace treaty {

struct branch_clients_options {
  http_client_options http;
  grpc_client_options grpc;
  /// Replaces `localhost` and `127.0.0.1` in branch URLs, as DTM does in a container; empty: nothing does.
  std::string local_host_alias;
};

/// All that one lane needs to call participants: each call takes the transport that its protocol and URL ask for.
/// `metrics` outlives it. Destroyed while the loop does not run; calls under way are dropped.
class branch_mux final : public branch_client {
public:
  branch_mux(const std::shared_ptr<asio_loop>& lane, std::shared_ptr<const discovery> where,
             const branch_clients_options& options, http_client_metrics& metrics);
  ~branch_mux() override;
  void call(branch_call call, branch_done done) override;
  std::size_t pending() const override;
  bool is_crowded(branch_protocol protocol, std::string_view url, std::size_t coming) override;

private:
  branch_client& route(branch_protocol protocol, std::string_view url) const;

  struct clients;
  std::unique_ptr<clients> clients_;
  std::string local_host_alias_;
};

}  // namespace treaty
