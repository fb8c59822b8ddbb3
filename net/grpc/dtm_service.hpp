#pragma once

#include <memory>

#include "net/grpc/grpc_metrics.hpp"
#include "net/grpc/pending_replies.hpp"
#include "net/ingress.hpp"
#include "net/wire/requests.hpp"
#include "proto/dtmgimp.grpc.pb.h"

namespace treaty {

/// dtmgimp.Dtm over the door (docs/protocol.md, "gRPC API"). Threads: gRPC's; nothing blocks.
class dtm_service final : public dtmgimp::Dtm::CallbackService {
public:
  dtm_service(ingress& door, std::shared_ptr<pending_replies> pending, prometheus::Registry& metrics);

  using empty = google::protobuf::Empty;
  using context = grpc::CallbackServerContext;
  using reactor = grpc::ServerUnaryReactor;
  reactor* NewGid(context* call, const empty* request, dtmgimp::DtmGidReply* reply) override;
  reactor* Submit(context* call, const dtmgimp::DtmRequest* request, empty* reply) override;
  reactor* Prepare(context* call, const dtmgimp::DtmRequest* request, empty* reply) override;
  reactor* Abort(context* call, const dtmgimp::DtmRequest* request, empty* reply) override;
  reactor* RegisterBranch(context* call, const dtmgimp::DtmBranchRequest* request, empty* reply) override;
  reactor* PrepareWorkflow(context* call, const dtmgimp::DtmRequest* request,
                           dtmgimp::DtmProgressesReply* reply) override;
  reactor* Subscribe(context* call, const dtmgimp::DtmTopicRequest* request, empty* reply) override;
  reactor* Unsubscribe(context* call, const dtmgimp::DtmTopicRequest* request, empty* reply) override;
  reactor* DeleteTopic(context* call, const dtmgimp::DtmTopicRequest* request, empty* reply) override;

private:
  reactor* offer(context& call, const dtmgimp::DtmRequest& request, make_event make, const method_counters& counters);
  reactor* change(context& call, topic_change what, const method_counters& counters);

  ingress& door_;
  std::shared_ptr<pending_replies> pending_;
  const method_counters new_gid_;
  const method_counters submit_;
  const method_counters prepare_;
  const method_counters abort_;
  const method_counters register_branch_;
  const method_counters prepare_workflow_;
  const method_counters subscribe_;
  const method_counters unsubscribe_;
  const method_counters delete_topic_;
};

}  // namespace treaty
