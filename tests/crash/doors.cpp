#include "tests/crash/doors.hpp"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "proto/dtmgimp.grpc.pb.h"
#include "tests/kit/http_client.hpp"

namespace treaty::crash {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds patience{20};

class http_way final : public door {
public:
  explicit http_way(std::uint16_t port) : port_{port} {}

  said ask(const std::string& what, const json& body) override {
    const auto answer = kit::post(port_, "/api/dtmsvr/" + what, body.dump());
    switch (answer.status) {
      case 0:
        return said::nothing;
      case 200:
        return said::ok;
      case 409:
      case 425:
        return said::refused;
    }
    return said::error;
  }

private:
  const std::uint16_t port_;
};

class json_rpc_way final : public door {
public:
  explicit json_rpc_way(std::uint16_t port) : port_{port} {}

  said ask(const std::string& what, const json& body) override {
    if (what == "prepareWorkflow") return http_way{port_}.ask(what, body);  // it is not offered here
    const json request{{"jsonrpc", "2.0"}, {"id", "1"}, {"method", what}, {"params", body}};
    const auto answer = kit::post(port_, "/api/json-rpc", request.dump());
    if (answer.status == 0) return said::nothing;
    const json reply = json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
    if (!reply.is_object() || !reply.contains("error")) return said::error;
    if (reply["error"].is_null()) return said::ok;
    return reply["error"].value("code", 0) == -32901 ? said::refused : said::error;
  }

private:
  const std::uint16_t port_;
};

dtmgimp::DtmRequest request_of(const json& body) {
  dtmgimp::DtmRequest out;
  out.set_gid(body.value("gid", ""));
  out.set_transtype(body.value("trans_type", ""));
  out.set_customeddata(body.value("custom_data", ""));
  out.set_queryprepared(body.value("query_prepared", ""));
  if (body.contains("steps")) out.set_steps(body["steps"].dump());
  const json payloads = body.value("payloads", json::array());
  for (const auto& payload : payloads) out.add_binpayloads(payload.get<std::string>());
  const json extra = body.value("req_extra", json::object());
  for (const auto& [name, value] : extra.items()) (*out.mutable_reqextra())[name] = value.get<std::string>();
  auto& options = *out.mutable_transoptions();
  options.set_waitresult(body.value("wait_result", false));
  options.set_timeouttofail(body.value("timeout_to_fail", 0));
  options.set_requesttimeout(body.value("request_timeout", 0));
  return out;
}

dtmgimp::DtmBranchRequest branch_of(const json& body) {
  dtmgimp::DtmBranchRequest out;
  out.set_gid(body.value("gid", ""));
  out.set_transtype(body.value("trans_type", ""));
  out.set_branchid(body.value("branch_id", ""));
  out.set_busipayload(body.value("data", ""));
  for (const char* name : {"confirm", "cancel", "url", "op", "status"})
    if (body.contains(name)) (*out.mutable_data())[name] = body[name].get<std::string>();
  return out;
}

class grpc_way final : public door {
public:
  explicit grpc_way(std::uint16_t port) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // no back-off left over from an earlier life
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    stub_ = dtmgimp::Dtm::NewStub(
        grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials(), arguments));
  }

  said ask(const std::string& what, const json& body) override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + patience);
    google::protobuf::Empty none;
    const auto status = [&] {
      if (what == "registerBranch") return stub_->RegisterBranch(&context, branch_of(body), &none);
      if (what == "prepare") return stub_->Prepare(&context, request_of(body), &none);
      if (what == "abort") return stub_->Abort(&context, request_of(body), &none);
      if (what == "submit") return stub_->Submit(&context, request_of(body), &none);
      dtmgimp::DtmProgressesReply progresses;
      return stub_->PrepareWorkflow(&context, request_of(body), &progresses);
    }();
    if (status.ok()) return said::ok;
    const auto code = status.error_code();
    if (code == grpc::StatusCode::ABORTED || code == grpc::StatusCode::FAILED_PRECONDITION) return said::refused;
    return code == grpc::StatusCode::UNAVAILABLE ? said::nothing : said::error;
  }

private:
  std::unique_ptr<dtmgimp::Dtm::Stub> stub_;
};

}  // namespace

std::unique_ptr<door> open_door(door_kind kind, endpoints at) {
  switch (kind) {
    case door_kind::http:
      return std::make_unique<http_way>(at.http);
    case door_kind::json_rpc:
      return std::make_unique<json_rpc_way>(at.http);
    case door_kind::grpc:
      return std::make_unique<grpc_way>(at.grpc);
  }
  return nullptr;
}

}  // namespace treaty::crash
