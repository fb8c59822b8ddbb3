#include "net/http/dtm_api.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "net/http/dtm_answer.hpp"
#include "net/http/dtm_routes.hpp"
#include "net/http/router.hpp"
#include "net/wire/json_writer.hpp"
#include "net/wire/new_gid.hpp"

namespace treaty {
namespace {

http_handler constant(http_reply what) {
  return [what = std::move(what)](const http_request&, std::shared_ptr<http_responder> to) { to->reply(what); };
}

std::string version_json(const std::string& version) {
  std::string out;
  json_object object{out};
  object.text("version", version);
  object.close();
  return out;
}

std::string new_gid_json() {
  std::string out = R"({"dtm_result":"SUCCESS","gid":")";
  out.append(new_gid()).append("\"}");
  return out;
}

}  // namespace

void add_plain_routes(http_router& routes, const dtm_api_options& options) {
  routes.add("GET", "/api/dtmsvr/version", constant(ok_with(version_json(options.version))));
  routes.add("GET", "/api/dtmsvr/newGid",
             [](const http_request&, std::shared_ptr<http_responder> to) { to->reply(ok_with(new_gid_json())); });
  for (const std::string_view method :
       {"GET", "POST", "PUT", "PATCH", "HEAD", "OPTIONS", "DELETE", "CONNECT", "TRACE"}) {
    routes.add(method, "/api/ping", constant(ok_with(R"({"msg":"pong"})")), route_metrics::uncounted);
  }
}

void add_dtm_routes(http_router& routes, ingress& door, const dtm_api_options& options) {
  add_plain_routes(routes, options);
  add_event_routes(routes, door);
  add_branch_routes(routes, door);
  add_json_rpc_route(routes, door);
  add_topic_routes(routes, door, options);
  add_look_up_routes(routes, door, options);
}

}  // namespace treaty
