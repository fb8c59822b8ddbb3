#include <utility>

#include "net/http/dtm_answer.hpp"
#include "net/http/dtm_routes.hpp"
#include "net/http/router.hpp"
#include "net/wire/requests.hpp"

namespace treaty {
namespace {

/// DTM's API names nobody: the history says at least which door it was.
operator_note by_dtm_api() {
  return {.actor = "dtm-api", .reason = {}};
}

result<event> force_stop_event(trans_body) {
  return event{force_stop_requested{.by = by_dtm_api()}};
}

result<event> retry_event(trans_body) {
  return event{retry_requested{.by = by_dtm_api()}};
}

result<std::pair<gid, event>> read_event(std::string_view body_text, make_event make) {
  TREATY_TRY(trans_body body, parse_trans_body(body_text));
  if (auto usable = check_gid(body.gid); !usable) return usable.error();
  gid id = body.gid;
  TREATY_TRY(event what, make(std::move(body)));
  return std::pair{std::move(id), std::move(what)};
}

http_handler offering(ingress& door, make_event make) {
  return [&door, make](const http_request& request, std::shared_ptr<http_responder> to) {
    auto asked = read_event(request.body, make);
    if (!asked) return to->reply(render(asked.error()));
    door.offer(std::move(asked->first), std::move(asked->second), request.body.size(), answer_to(std::move(to)));
  };
}

}  // namespace

void add_event_routes(http_router& routes, ingress& door) {
  routes.add("POST", "/api/dtmsvr/prepare", offering(door, prepare_event));
  routes.add("POST", "/api/dtmsvr/submit", offering(door, submit_event));
  routes.add("POST", "/api/dtmsvr/abort", offering(door, abort_event));
  routes.add("POST", "/api/dtmsvr/forceStop", offering(door, force_stop_event));
  routes.add("POST", "/api/dtmsvr/resetNextCronTime", offering(door, retry_event));
}

}  // namespace treaty
