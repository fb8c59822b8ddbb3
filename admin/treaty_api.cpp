#include "admin/treaty_api.hpp"

#include <string>
#include <utility>

#include "admin/api_reply.hpp"
#include "net/wire/operator_requests.hpp"

namespace treaty {
namespace {

/// For the methods that a path does not have.
http_handler not_allowed(std::string_view allowed) {
  return [allowed](const http_request& request, std::shared_ptr<http_responder> to) {
    http_reply out = api_refusal(api_error::method_not_allowed,
                                 "this path takes " + std::string{allowed} + ", not " + std::string{request.method});
    out.headers.emplace_back("Allow", std::string{allowed});
    to->reply(std::move(out));
  };
}

http_handler no_such_path() {
  return [](const http_request& request, std::shared_ptr<http_responder> to) {
    to->reply(api_refusal(api_error::not_found, "there is no path " + std::string{request.path}));
  };
}

http_handler document_handler() {
  return [](const http_request& request, std::shared_ptr<http_responder> to) {
    if (auto none = parse_empty_query(request.query); !none) return to->reply(api_refusal(none.error()));
    to->reply(api_ok(std::string{openapi_document()}));
  };
}

}  // namespace

std::vector<api_route> treaty_api(ingress& door) {
  std::vector<api_route> out;
  const auto add = [&out](std::string_view method, std::string_view path, http_handler handler) {
    out.push_back({method, path, std::move(handler)});
    out.push_back({"*", path, not_allowed(method)});
  };
  add("GET", "/api/treaty/v1/openapi.json", document_handler());
  add("GET", "/api/treaty/v1/transactions", list_handler(door));
  out.push_back({"POST", "/api/treaty/v1/transactions/retry", retry_many_handler(door)});
  out.push_back({"*", "/api/treaty/v1/transactions/retry", not_allowed("GET, POST")});  // a gid may be "retry"
  add("GET", "/api/treaty/v1/transactions/:gid", read_handler(door));
  add("GET", "/api/treaty/v1/transactions/:gid/history", history_handler(door));
  add("GET", "/api/treaty/v1/transactions/:gid/wait", wait_handler(door));
  add("POST", "/api/treaty/v1/transactions/:gid/retry", retry_handler(door));
  add("POST", "/api/treaty/v1/transactions/:gid/stop", stop_handler(door));
  add("POST", "/api/treaty/v1/transactions/:gid/branches/:branch_id/:op/skip", skip_handler(door));
  out.push_back({"*", "/api/treaty/v1/*", no_such_path()});
  return out;
}

}  // namespace treaty
