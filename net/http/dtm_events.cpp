#include <utility>

#include "net/http/dtm_answer.hpp"
#include "net/http/dtm_routes.hpp"
#include "net/http/router.hpp"
#include "net/wire/trans_body.hpp"

namespace treaty {
namespace {

/// What a route asks of the transaction that the body names.
using make_event = result<event> (*)(trans_body& body);

template <class Requested>
result<event> with_definition(trans_body& body) {
  TREATY_TRY(auto definition, make_definition(std::move(body)));
  return event{Requested{std::move(definition)}};
}

/// Only tcc and xa are told apart from the others, and msg by what is stored: any other type may stand for an unknown.
result<event> abort_event(trans_body& body) {
  const trans_type type = parse_trans_type(body.trans_type).value_or(trans_type::saga);
  return event{abort_requested{type, std::move(body.rollback_reason)}};
}

result<event> force_stop_event(trans_body&) {
  return event{force_stop_requested{}};
}

result<event> retry_event(trans_body&) {
  return event{retry_requested{}};
}

result<std::pair<gid, event>> read_event(std::string_view body_text, make_event make) {
  TREATY_TRY(trans_body body, parse_trans_body(body_text));
  if (auto usable = check_gid(body.gid); !usable) return usable.error();
  gid id = body.gid;
  TREATY_TRY(event what, make(body));
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
  routes.add("POST", "/api/dtmsvr/prepare", offering(door, with_definition<prepare_requested>));
  routes.add("POST", "/api/dtmsvr/submit", offering(door, with_definition<submit_requested>));
  routes.add("POST", "/api/dtmsvr/abort", offering(door, abort_event));
  routes.add("POST", "/api/dtmsvr/forceStop", offering(door, force_stop_event));
  routes.add("POST", "/api/dtmsvr/resetNextCronTime", offering(door, retry_event));
}

}  // namespace treaty
