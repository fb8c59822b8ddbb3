#include "net/branch_mux.hpp"

#include <utility>

#include "net/branch_url.hpp"
#include "net/http/branch_http_client.hpp"
#include "net/jsonrpc/branch_jsonrpc_client.hpp"

namespace treaty {
namespace {

struct kept_url {
  std::shared_ptr<const void> call;
  std::string text;
};

void replace_host(branch_call& call, const std::string& alias) {
  auto kept = std::make_shared<kept_url>(kept_url{std::move(call.keep), replace_local_host(call.url, alias)});
  call.url = kept->text;
  call.keep = std::move(kept);
}

}  // namespace

struct branch_mux::clients {
  std::shared_ptr<http_transport> transport;  // of http and json_rpc: one pool of connections
  branch_http_client http{transport};
  branch_jsonrpc_client json_rpc{transport};
  branch_grpc_client grpc;
};

branch_mux::branch_mux(const std::shared_ptr<asio_loop>& lane, std::shared_ptr<const discovery> where,
                       const branch_clients_options& options, http_client_metrics& metrics)
    : clients_{new clients{.transport = std::make_shared<http_transport>(lane, options.http, metrics),
                           .grpc = branch_grpc_client{lane, std::move(where), options.grpc, metrics}}},
      local_host_alias_{options.local_host_alias} {}

branch_mux::~branch_mux() = default;

void branch_mux::call(branch_call call, branch_done done) {
  if (!local_host_alias_.empty()) replace_host(call, local_host_alias_);
  branch_client& takes = route(call.protocol, call.url);
  takes.call(std::move(call), std::move(done));
}

bool branch_mux::is_crowded(branch_protocol protocol, std::string_view url, std::size_t coming) {
  if (local_host_alias_.empty()) return route(protocol, url).is_crowded(protocol, url, coming);
  const std::string replaced = replace_local_host(url, local_host_alias_);
  return route(protocol, replaced).is_crowded(protocol, replaced, coming);
}

branch_client& branch_mux::route(branch_protocol protocol, std::string_view url) const {
  switch (route_of(protocol, url)) {
    case branch_route::http:
      return clients_->http;
    case branch_route::json_rpc:
      return clients_->json_rpc;
    case branch_route::grpc:
      return clients_->grpc;
  }
  return clients_->http;
}

std::size_t branch_mux::pending() const {
  return clients_->transport->pending() + clients_->grpc.pending();
}

}  // namespace treaty
