#include <utility>

#include "net/http/dtm_answer.hpp"
#include "net/http/dtm_routes.hpp"
#include "net/http/router.hpp"
#include "net/wire/branch_body.hpp"
#include "net/wire/record_json.hpp"
#include "net/wire/requests.hpp"

namespace treaty {
namespace {

/// Malformed registrations are told apart from others: DTM's clients know them as 400 in plain text.
http_reply malformed(const failure& why) {
  http_reply out = render(why);
  out.status = 400;
  out.content_type = "text/plain; charset=utf-8";
  return out;
}

http_handler registering(ingress& door) {
  return [&door](const http_request& request, std::shared_ptr<http_responder> to) {
    auto body = parse_branch_body(request.body);
    if (!body) return to->reply(malformed(body.error()));
    gid id = stripped_gid(body->gid.value);
    auto what = make_registration(*std::move(body));
    if (!what) return to->reply(render(what.error()));
    if (!check_gid(id)) return to->reply(render(no_such_prepared(id)));  // no such transaction can be stored
    door.offer(std::move(id), event{*std::move(what)}, request.body.size(), answer_to(std::move(to)));
  };
}

/// Once the workflow is stored: what is known of it, so that the application goes on where it stopped.
class progress_answer final : public answer_sink {
public:
  progress_answer(ingress& door, gid id, std::shared_ptr<http_responder> to)
      : door_{door}, id_{std::move(id)}, to_{std::move(to)} {}

  void answer(treaty::answer what) override {
    if (what.kind != answer_kind::ok) return to_->reply(render(what));
    door_.query(std::move(id_), [to = std::move(to_)](result<txn_record> found) { to->reply(show(found)); });
  }

private:
  static http_reply show(const result<txn_record>& found) {
    if (!found) return render(found.error());
    if (found->definition->type != trans_type::workflow) return render(taken_by_another_type(*found->definition));
    return ok_with(progresses_json(*found));
  }

  ingress& door_;
  gid id_;
  std::shared_ptr<http_responder> to_;
};

result<std::pair<gid, event>> read_workflow(std::string_view text) {
  TREATY_TRY(trans_body body, parse_trans_body(text));
  if (auto usable = check_gid(body.gid); !usable) return usable.error();
  gid id = body.gid;
  TREATY_TRY(event what, prepare_workflow_event(std::move(body)));
  return std::pair{std::move(id), std::move(what)};
}

http_handler preparing_workflow(ingress& door) {
  return [&door](const http_request& request, std::shared_ptr<http_responder> to) {
    auto asked = read_workflow(request.body);
    if (!asked) return to->reply(render(asked.error()));
    auto sink = std::make_shared<progress_answer>(door, asked->first, std::move(to));
    door.offer(std::move(asked->first), std::move(asked->second), request.body.size(), std::move(sink));
  };
}

}  // namespace

void add_branch_routes(http_router& routes, ingress& door) {
  for (const std::string_view name : {"registerBranch", "registerXaBranch", "registerTccBranch"}) {
    routes.add("POST", "/api/dtmsvr/" + std::string{name}, registering(door));
  }
  routes.add("POST", "/api/dtmsvr/prepareWorkflow", preparing_workflow(door));
}

}  // namespace treaty
