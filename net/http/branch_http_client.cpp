#include "net/http/branch_http_client.hpp"

#include <utility>

#include "net/http/login.hpp"
#include "net/outcome.hpp"

namespace treaty {

void branch_http_client::call(branch_call call, branch_done done) {
  call = with_login(std::move(call));
  const auto url = parse_http_url(call.url);
  if (!url) return transport_->refuse(url.error().detail, std::move(done));
  outgoing_request request;
  request.target = branch_target(*url, call);
  request.url = *url;
  request.method = call.payload.empty() && call.type != trans_type::xa ? "GET" : "POST";
  request.body = call.payload;
  request.headers = call.headers;
  request.timeout = call.timeout;
  request.keep = std::move(call.keep);
  transport_->send(std::move(request), judge_http, std::move(done));
}

bool branch_http_client::is_crowded(branch_protocol /*protocol*/, std::string_view url, std::size_t coming) {
  return transport_->is_crowded(url, coming);
}

}  // namespace treaty
