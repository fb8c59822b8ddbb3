#include "bench/load/grpc_dialect.hpp"

#include <fmt/core.h>
#include <grpcpp/support/status_code_enum.h>

#include "proto/dtmgimp.pb.h"

namespace treaty::load {
namespace {

request_template rpc_to(addressee to, std::string method, std::string message) {
  request_template request;
  request.to = to;
  request.method = std::move(method);
  request.text = std::move(message);
  request.expected_status = grpc::StatusCode::OK;
  request.overloaded_status = grpc::StatusCode::RESOURCE_EXHAUSTED;
  find_gid(request);
  return request;
}

std::string method_of(asked what) {
  switch (what) {
    case asked::submit:
      return "/dtmgimp.Dtm/Submit";
    case asked::prepare:
      return "/dtmgimp.Dtm/Prepare";
    case asked::abort:
      return "/dtmgimp.Dtm/Abort";
    case asked::prepare_workflow:
      return "/dtmgimp.Dtm/PrepareWorkflow";
  }
  return "";
}

}  // namespace

grpc_dialect::grpc_dialect(endpoint participants, std::size_t payload_bytes)
    : participants_{fmt::format("{}:{}", participants.host, participants.port)}, payload_{payload_of(payload_bytes)} {}

request_template grpc_dialect::ask(asked what, const transaction_text& about, answered expected) const {
  dtmgimp::DtmRequest body;
  body.set_gid(gid_mark());
  body.set_transtype(about.type);
  body.set_customeddata(about.custom_data);
  body.set_queryprepared(about.query_prepared);
  body.mutable_transoptions()->set_waitresult(about.wait_result);
  if (!about.steps.empty()) body.set_steps(steps_json(about.steps));
  for (std::size_t i = 0; i < about.steps.size(); ++i) body.add_binpayloads(payload_);
  if (about.succeeded) {
    (*body.mutable_reqextra())["status"] = "succeed";
    (*body.mutable_reqextra())["result"] = "cmVz";
  }
  request_template request = rpc_to(addressee::coordinator, method_of(what), body.SerializeAsString());
  if (expected == answered::failure) request.expected_status = grpc::StatusCode::ABORTED;
  return request;
}

request_template grpc_dialect::register_branch(const registration& one) const {
  dtmgimp::DtmBranchRequest body;
  body.set_gid(gid_mark());
  body.set_transtype(one.type);
  body.set_branchid(branch_id(one.branch));
  body.set_busipayload(payload_);
  if (one.confirm.empty()) {
    (*body.mutable_data())["op"] = "action";
    (*body.mutable_data())["status"] = "succeed";
  } else {
    (*body.mutable_data())["confirm"] = one.confirm;
    (*body.mutable_data())["cancel"] = one.cancel;
  }
  return rpc_to(addressee::coordinator, "/dtmgimp.Dtm/RegisterBranch", body.SerializeAsString());
}

request_template grpc_dialect::call(const client_call& one) const {
  request_template request = rpc_to(addressee::participants, one.url.substr(one.url.find('/')), payload_);
  request.metadata = {{"dtm-trans_type", one.type}, {"dtm-branch_id", branch_id(one.branch)}, {"dtm-op", one.op}};
  return request;
}

request_template grpc_dialect::at_floor(request_template request) const {
  request.to = addressee::participants;
  request.method = "/busi.Busi/floor";
  request.expected_status = grpc::StatusCode::OK;
  request.gid_at.clear();
  return request;
}

std::string grpc_dialect::url(std::string_view how) const {
  return fmt::format("{}/busi.Busi/{}", participants_, how);
}

}  // namespace treaty::load
