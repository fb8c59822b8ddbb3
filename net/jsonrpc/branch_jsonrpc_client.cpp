#include "net/jsonrpc/branch_jsonrpc_client.hpp"

#include "net/http/login.hpp"
#include "net/jsonrpc/envelope.hpp"
#include "net/wire/new_gid.hpp"

namespace treaty {
namespace {

struct kept_body {
  std::shared_ptr<const void> call;
  std::string text;
};

}  // namespace

void branch_jsonrpc_client::call(branch_call call, branch_done done) {
  call = with_login(std::move(call));
  const auto url = parse_http_url(call.url);
  if (!url) return transport_->refuse(url.error().detail, std::move(done));
  auto body = json_rpc_request(call, url_parameter(url->query, "method"), new_gid());
  if (!body) return transport_->refuse(body.error().detail, std::move(done));
  const auto kept = std::make_shared<kept_body>(kept_body{std::move(call.keep), *std::move(body)});
  outgoing_request request;
  request.target = request_target(*url);
  request.url = *url;
  request.method = "POST";
  request.body = kept->text;
  request.headers = call.headers;
  request.timeout = call.timeout;
  request.keep = kept;
  transport_->send(std::move(request), judge_json_rpc, std::move(done));
}

}  // namespace treaty
