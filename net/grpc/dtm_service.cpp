#include "net/grpc/dtm_service.hpp"

#include <optional>
#include <utility>

#include "net/grpc/answer_status.hpp"
#include "net/grpc/dtm_reply.hpp"
#include "net/grpc/request_body.hpp"
#include "net/wire/new_gid.hpp"

namespace treaty {
namespace {

using reply_ptr = std::shared_ptr<dtm_reply>;

/// False: the bytes are no such message, and the client has been told.
template <class Message>
bool parse(std::string_view bytes, Message& into, dtm_reply& reply) {
  if (into.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return true;
  reply.finish({grpc_internal, "the request is not a " + Message::descriptor()->name()});
  return false;
}

// What DTM answers with a panic, clients know as Internal (docs/protocol.md, "gRPC status codes").
bool is_internal(const trans_body& body) {
  return !parse_trans_type(body.trans_type) || body.payloads.size() < body.steps.size();
}

/// Nothing when the request was bad: then it has its answer.
std::optional<std::pair<gid, event>> read(std::string_view message, make_event make, dtm_reply& reply) {
  dtmgimp::DtmRequest request;
  if (!parse(message, request, reply)) return std::nullopt;
  auto body = body_of(std::move(request));
  if (!body) return reply.finish(to_grpc_status(body.error())), std::nullopt;
  if (auto usable = check_gid(body->gid); !usable) return reply.finish(to_grpc_status(usable.error())), std::nullopt;
  gid id = body->gid;
  const bool internal = is_internal(*body);
  auto what = make(*std::move(body));
  if (what) return std::pair{std::move(id), *std::move(what)};
  reply.finish(internal ? grpc_status{grpc_internal, what.error().detail} : to_grpc_status(what.error()));
  return std::nullopt;
}

/// Once the workflow is stored: what is known of it, so that the application goes on where it stopped.
class progress_answer final : public answer_sink {
public:
  progress_answer(ingress& door, gid id, reply_ptr to) : door_{door}, id_{std::move(id)}, to_{std::move(to)} {}

  void answer(treaty::answer what) override {
    if (what.kind != answer_kind::ok) return to_->answer(std::move(what));
    door_.query(std::move(id_), [to = std::move(to_)](result<txn_record> found) {
      if (!found) return to->finish(to_grpc_status(found.error()));
      if (found->definition->type != trans_type::workflow) return to->answer(taken_by_another_type(*found->definition));
      dtmgimp::DtmProgressesReply reply;
      describe(*found, reply);
      to->finish(reply.SerializeAsString());
    });
  }

private:
  ingress& door_;
  gid id_;
  reply_ptr to_;
};

}  // namespace

dtm_service::dtm_service(ingress& door, prometheus::Registry& metrics)
    : door_{door},
      new_gid_{metrics, "newgid"},
      submit_{metrics, "submit"},
      prepare_{metrics, "prepare"},
      abort_{metrics, "abort"},
      register_branch_{metrics, "registerbranch"},
      prepare_workflow_{metrics, "prepareworkflow"},
      subscribe_{metrics, "subscribe"},
      unsubscribe_{metrics, "unsubscribe"},
      delete_topic_{metrics, "deletetopic"} {}

void dtm_service::add_to(rpc_table& methods) {
  const auto add = [&](const char* name, rpc_handler serve) {
    methods.add(std::string{"/dtmgimp.Dtm/"} + name, {rpc_asks::once, std::move(serve)});
  };
  const auto add_offer = [&](const char* name, make_event make, const method_counters& counters) {
    add(name, [this, make, &counters](std::string_view message, rpc_ptr to) {
      offer(message, std::move(to), make, counters);
    });
  };
  const auto add_change = [&](const char* name, topic_action action, const method_counters& counters) {
    add(name, [this, action, &counters](std::string_view message, rpc_ptr to) {
      change(message, std::move(to), action, counters);
    });
  };
  add("NewGid", [this](std::string_view message, rpc_ptr to) { new_gid(message, std::move(to)); });
  add_offer("Submit", submit_event, submit_);
  add_offer("Prepare", prepare_event, prepare_);
  add_offer("Abort", abort_event, abort_);
  add("RegisterBranch", [this](std::string_view message, rpc_ptr to) { register_branch(message, std::move(to)); });
  add("PrepareWorkflow", [this](std::string_view message, rpc_ptr to) { prepare_workflow(message, std::move(to)); });
  add_change("Subscribe", topic_action::subscribe, subscribe_);
  add_change("Unsubscribe", topic_action::unsubscribe, unsubscribe_);
  add_change("DeleteTopic", topic_action::remove, delete_topic_);
}

void dtm_service::new_gid(std::string_view, rpc_ptr to) {
  dtmgimp::DtmGidReply reply;
  reply.set_gid(treaty::new_gid());
  dtm_reply{std::move(to), new_gid_}.finish(reply.SerializeAsString());
}

void dtm_service::offer(std::string_view message, rpc_ptr to, make_event make, const method_counters& counters) {
  auto reply = std::make_shared<dtm_reply>(std::move(to), counters);
  if (auto asked = read(message, make, *reply))
    door_.offer(std::move(asked->first), std::move(asked->second), message.size(), std::move(reply));
}

void dtm_service::register_branch(std::string_view message, rpc_ptr to) {
  auto reply = std::make_shared<dtm_reply>(std::move(to), register_branch_);
  dtmgimp::DtmBranchRequest request;
  if (!parse(message, request, *reply)) return;
  branch_body body = body_of(std::move(request));
  gid id = body.gid;
  const bool known_type = parse_trans_type(body.trans_type).has_value();
  auto what = make_registration(std::move(body));
  if (!what)
    return reply->finish(known_type ? to_grpc_status(what.error()) : grpc_status{grpc_unknown, what.error().detail});
  if (!check_gid(id)) return reply->answer(no_such_prepared(id));  // no such transaction can be stored
  door_.offer(std::move(id), event{*std::move(what)}, message.size(), std::move(reply));
}

void dtm_service::prepare_workflow(std::string_view message, rpc_ptr to) {
  auto reply = std::make_shared<dtm_reply>(std::move(to), prepare_workflow_);
  auto asked = read(message, prepare_workflow_event, *reply);
  if (!asked) return;
  auto sink = std::make_shared<progress_answer>(door_, asked->first, std::move(reply));
  door_.offer(std::move(asked->first), std::move(asked->second), message.size(), std::move(sink));
}

void dtm_service::change(std::string_view message, rpc_ptr to, topic_action action, const method_counters& counters) {
  auto reply = std::make_shared<dtm_reply>(std::move(to), counters);
  dtmgimp::DtmTopicRequest request;
  if (!parse(message, request, *reply)) return;
  topic_change what{action, request.topic()};
  if (action != topic_action::remove) what.url = request.url();
  if (action == topic_action::subscribe) what.remark = request.remark();
  door_.change_topic(std::move(what), std::move(reply));
}

}  // namespace treaty
