#include "net/http2/branch_grpc_client.hpp"

#include <utility>

#include "net/http2/grpc_client_core.hpp"

namespace treaty {

branch_grpc_client::branch_grpc_client(std::shared_ptr<asio_loop> lane, std::shared_ptr<const discovery> where,
                                       grpc_client_options options, http_client_metrics& metrics)
    : core_{std::make_shared<grpc_client_core>(std::move(lane), std::move(where), std::move(options), metrics)} {}

branch_grpc_client::~branch_grpc_client() {
  core_->close();
}

void branch_grpc_client::call(branch_call call, branch_done done) {
  core_->call(std::move(call), std::move(done));
}

std::size_t branch_grpc_client::pending() const {
  return core_->pending();
}

bool branch_grpc_client::is_crowded(branch_protocol /*protocol*/, std::string_view url, std::size_t coming) {
  return core_->is_crowded(url, coming);
}

}  // namespace treaty
