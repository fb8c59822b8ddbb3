#include "net/grpc/dtm_service.hpp"

#include <optional>
#include <utility>

#include "net/grpc/grpc_status.hpp"
#include "net/grpc/request_body.hpp"
#include "net/wire/new_gid.hpp"

namespace treaty {
namespace {

// What DTM answers with a panic, clients know as Internal (docs/protocol.md, "gRPC status codes").
bool is_internal(const trans_body& body) {
  return !parse_trans_type(body.trans_type) || body.payloads.size() < body.steps.size();
}

/// Nothing when the request was bad: then it has its answer.
std::optional<std::pair<gid, event>> read(const dtmgimp::DtmRequest& request, make_event make, pending_reply& reply) {
  auto body = body_of(request);
  if (!body) return reply.finish(to_grpc_status(body.error())), std::nullopt;
  if (auto usable = check_gid(body->gid); !usable) return reply.finish(to_grpc_status(usable.error())), std::nullopt;
  gid id = body->gid;
  const bool internal = is_internal(*body);
  auto what = make(*std::move(body));
  if (what) return std::pair{std::move(id), *std::move(what)};
  reply.finish(internal ? grpc::Status{grpc::StatusCode::INTERNAL, what.error().detail} : to_grpc_status(what.error()));
  return std::nullopt;
}

/// Once the workflow is stored: what is known of it, so that the application goes on where it stopped.
class progress_answer final : public answer_sink {
public:
  progress_answer(ingress& door, gid id, std::shared_ptr<pending_reply> to, dtmgimp::DtmProgressesReply& into)
      : door_{door}, id_{std::move(id)}, to_{std::move(to)}, into_{into} {}

  void answer(treaty::answer what) override {
    if (what.kind != answer_kind::ok) return to_->answer(std::move(what));
    door_.query(std::move(id_), [to = std::move(to_), into = &into_](result<txn_record> found) {
      if (!found) return to->finish(to_grpc_status(found.error()));
      if (found->definition->type != trans_type::workflow) return to->answer(taken_by_another_type(*found->definition));
      to->finish_filled([&] { describe(*found, *into); });
    });
  }

private:
  ingress& door_;
  gid id_;
  std::shared_ptr<pending_reply> to_;
  dtmgimp::DtmProgressesReply& into_;  // gRPC's, alive until `to_` is finished
};

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
  if (auto asked = read(request, make, *reply)) {
    door_.offer(std::move(asked->first), std::move(asked->second), request.ByteSizeLong(), std::move(reply));
  }
  return waits;
}

dtm_service::reactor* dtm_service::change(context& call, topic_change what, const method_counters& counters) {
  reactor* const waits = call.DefaultReactor();
  if (auto reply = pending_->open(*waits, counters)) door_.change_topic(std::move(what), std::move(reply));
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
  return offer(*call, *request, submit_event, submit_);
}

dtm_service::reactor* dtm_service::Prepare(context* call, const dtmgimp::DtmRequest* request, empty*) {
  return offer(*call, *request, prepare_event, prepare_);
}

dtm_service::reactor* dtm_service::Abort(context* call, const dtmgimp::DtmRequest* request, empty*) {
  return offer(*call, *request, abort_event, abort_);
}

dtm_service::reactor* dtm_service::RegisterBranch(context* call, const dtmgimp::DtmBranchRequest* request, empty*) {
  reactor* const waits = call->DefaultReactor();
  auto reply = pending_->open(*waits, register_branch_);
  if (!reply) return waits;
  branch_body body = body_of(*request);
  gid id = body.gid;
  const bool known_type = parse_trans_type(body.trans_type).has_value();
  auto what = make_registration(std::move(body));
  if (!what) {
    reply->finish(known_type ? to_grpc_status(what.error())
                             : grpc::Status{grpc::StatusCode::UNKNOWN, what.error().detail});
  } else if (!check_gid(id)) {
    reply->answer(no_such_prepared(id));  // no such transaction can be stored
  } else {
    door_.offer(std::move(id), event{*std::move(what)}, request->ByteSizeLong(), std::move(reply));
  }
  return waits;
}

dtm_service::reactor* dtm_service::PrepareWorkflow(context* call, const dtmgimp::DtmRequest* request,
                                                   dtmgimp::DtmProgressesReply* into) {
  reactor* const waits = call->DefaultReactor();
  auto reply = pending_->open(*waits, prepare_workflow_);
  if (!reply) return waits;
  if (auto asked = read(*request, prepare_workflow_event, *reply)) {
    auto sink = std::make_shared<progress_answer>(door_, asked->first, std::move(reply), *into);
    door_.offer(std::move(asked->first), std::move(asked->second), request->ByteSizeLong(), std::move(sink));
  }
  return waits;
}

dtm_service::reactor* dtm_service::Subscribe(context* call, const dtmgimp::DtmTopicRequest* request, empty*) {
  return change(*call, {topic_action::subscribe, request->topic(), request->url(), request->remark()}, subscribe_);
}

dtm_service::reactor* dtm_service::Unsubscribe(context* call, const dtmgimp::DtmTopicRequest* request, empty*) {
  return change(*call, {topic_action::unsubscribe, request->topic(), request->url()}, unsubscribe_);
}

dtm_service::reactor* dtm_service::DeleteTopic(context* call, const dtmgimp::DtmTopicRequest* request, empty*) {
  return change(*call, {topic_action::remove, request->topic()}, delete_topic_);
}

}  // namespace treaty
