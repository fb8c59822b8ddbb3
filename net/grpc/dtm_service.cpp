#include "net/grpc/dtm_service.hpp"

#include <utility>

#include "net/grpc/grpc_status.hpp"
#include "net/grpc/request_body.hpp"
#include "net/wire/new_gid.hpp"

namespace treaty {
namespace {

template <class Requested>
result<event> with_definition(trans_body body) {
  TREATY_TRY(auto definition, make_definition(std::move(body)));
  return event{Requested{std::move(definition)}};
}

// Only tcc and xa are told apart from the others, and msg by what is stored: any other type may stand for an unknown.
result<event> abort_event(trans_body body) {
  const trans_type type = parse_trans_type(body.trans_type).value_or(trans_type::saga);
  return event{abort_requested{type, std::move(body.rollback_reason)}};
}

// What DTM answers with a panic, clients know as Internal (docs/protocol.md, "gRPC status codes").
bool is_internal(const trans_body& body) {
  return !parse_trans_type(body.trans_type) || body.payloads.size() < body.steps.size();
}

}  // namespace

dtm_service::dtm_service(ingress& door, std::shared_ptr<pending_replies> pending, prometheus::Registry& metrics)
    : door_{door},
      pending_{std::move(pending)},
      new_gid_{metrics, "newgid"},
      submit_{metrics, "submit"},
      prepare_{metrics, "prepare"},
      abort_{metrics, "abort"},
      register_branch_{metrics, "registerbranch"},
      prepare_workflow_{metrics, "prepareworkflow"},
      subscribe_{metrics, "subscribe"},
      unsubscribe_{metrics, "unsubscribe"},
      delete_topic_{metrics, "deletetopic"} {}

dtm_service::reactor* dtm_service::offer(context& call, const dtmgimp::DtmRequest& request, make_event make,
                                         const method_counters& counters) {
  reactor* const waits = call.DefaultReactor();
  auto reply = pending_->open(*waits, counters);
  if (!reply) return waits;
  auto body = body_of(request);
  if (!body) {
    reply->finish(to_grpc_status(body.error()));
    return waits;
  }
  if (auto usable = check_gid(body->gid); !usable) {
    reply->finish(to_grpc_status(usable.error()));
    return waits;
  }
  gid id = body->gid;
  const bool internal = is_internal(*body);
  auto what = make(*std::move(body));
  if (!what) {
    reply->finish(internal ? grpc::Status{grpc::StatusCode::INTERNAL, what.error().detail}
                           : to_grpc_status(what.error()));
    return waits;
  }
  door_.offer(std::move(id), *std::move(what), request.ByteSizeLong(), std::move(reply));
  return waits;
}

dtm_service::reactor* dtm_service::refuse(context& call, const method_counters& counters, const char* what) {
  reactor* const waits = call.DefaultReactor();
  if (auto reply = pending_->open(*waits, counters))
    reply->finish({grpc::StatusCode::UNIMPLEMENTED, std::string{what} + " is not implemented yet"});
  return waits;
}

dtm_service::reactor* dtm_service::NewGid(context* call, const empty*, dtmgimp::DtmGidReply* reply) {
  reactor* const waits = call->DefaultReactor();
  if (auto one = pending_->open(*waits, new_gid_)) {
    reply->set_gid(treaty::new_gid());
    one->finish(grpc::Status::OK);
  }
  return waits;
}

dtm_service::reactor* dtm_service::Submit(context* call, const dtmgimp::DtmRequest* request, empty*) {
  return offer(*call, *request, with_definition<submit_requested>, submit_);
}

dtm_service::reactor* dtm_service::Prepare(context* call, const dtmgimp::DtmRequest* request, empty*) {
  return offer(*call, *request, with_definition<prepare_requested>, prepare_);
}

dtm_service::reactor* dtm_service::Abort(context* call, const dtmgimp::DtmRequest* request, empty*) {
  return offer(*call, *request, abort_event, abort_);
}

dtm_service::reactor* dtm_service::RegisterBranch(context* call, const dtmgimp::DtmBranchRequest*, empty*) {
  return refuse(*call, register_branch_, "RegisterBranch");
}

dtm_service::reactor* dtm_service::PrepareWorkflow(context* call, const dtmgimp::DtmRequest*,
                                                   dtmgimp::DtmProgressesReply*) {
  return refuse(*call, prepare_workflow_, "PrepareWorkflow");
}

dtm_service::reactor* dtm_service::Subscribe(context* call, const dtmgimp::DtmTopicRequest*, empty*) {
  return refuse(*call, subscribe_, "Subscribe");
}

dtm_service::reactor* dtm_service::Unsubscribe(context* call, const dtmgimp::DtmTopicRequest*, empty*) {
  return refuse(*call, unsubscribe_, "Unsubscribe");
}

dtm_service::reactor* dtm_service::DeleteTopic(context* call, const dtmgimp::DtmTopicRequest*, empty*) {
  return refuse(*call, delete_topic_, "DeleteTopic");
}

}  // namespace treaty
