#include "client/grpc/grpc_transport.hpp"

#include <grpc/grpc.h>
#include <grpc/slice.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <vector>

#include "client/grpc/grpc_outcome.hpp"
#include "client/src/base64.hpp"
#include "client/src/request_json.hpp"

namespace treaty::client {
namespace {

void put_options(dtmgimp::DtmTransOptions& out, const transaction_options& options) {
  out.set_waitresult(options.wait_result);
  out.set_timeouttofail(options.timeout_to_fail.count());
  out.set_retryinterval(options.retry_interval.count());
  out.set_requesttimeout(options.request_timeout.count());
  out.set_retrylimit(options.retry_limit);
  out.mutable_branchheaders()->insert(options.branch_headers.begin(), options.branch_headers.end());
  out.set_retryintervalmax(options.retry_interval_max.count());
  if (options.retry_growth) out.set_retrygrowth(*options.retry_growth);
  if (options.retry_jitter) out.set_retryjitter(*options.retry_jitter);
  out.set_notifyurl(options.notify_url);
}

result<dtmgimp::DtmRequest> message_of(transaction_request& request) {
  dtmgimp::DtmRequest out;
  out.set_gid(std::move(request.gid));
  out.set_transtype(std::move(request.trans_type));
  put_options(*out.mutable_transoptions(), request.options);
  if (!request.steps.empty()) {
    auto steps = steps_json(request.steps);
    if (!steps) return steps.error();
    out.set_steps(*std::move(steps));
  }
  for (auto& payload : request.payloads) out.add_binpayloads(std::move(payload));
  out.set_queryprepared(std::move(request.query_prepared));
  out.set_customeddata(std::move(request.custom_data));
  out.set_rollbackreason(std::move(request.rollback_reason));
  out.mutable_reqextra()->insert(request.extra.begin(), request.extra.end());
  return out;
}

workflow_record record_of(const dtmgimp::DtmProgressesReply& reply) {
  const auto& transaction = reply.transaction();
  workflow_record record{transaction.status(), transaction.rollbackreason(), from_base64(transaction.result()), {}};
  for (const auto& one : reply.progresses()) {
    record.progresses.push_back({one.branchid(), one.op(), one.status(), one.bindata()});
  }
  return record;
}

grpc::ByteBuffer buffer_of(const std::string& bytes) {
  const grpc::Slice slice{bytes};
  return grpc::ByteBuffer{&slice, 1};
}

std::string bytes_of(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  static_cast<void>(buffer.Dump(&slices));
  std::string out;
  for (const auto& slice : slices) out.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return out;
}

grpc_slice slice_over(const std::string& text) {
  return grpc_slice_from_static_buffer(text.data(), text.size());
}

/// Errors: invalid_argument. gRPC itself ends the process over metadata that HTTP/2 cannot carry.
result<void> put_metadata(grpc::ClientContext& context, const std::map<std::string, std::string>& metadata) {
  for (const auto& [name, value] : metadata) {
    std::string key = name;  // HTTP/2 has lower-case names only
    std::transform(key.begin(), key.end(), key.begin(), [](unsigned char letter) { return std::tolower(letter); });
    const bool is_binary = key.ends_with("-bin");
    if (grpc_header_key_is_legal(slice_over(key)) == 0 ||
        (!is_binary && grpc_header_nonbin_value_is_legal(slice_over(value)) == 0)) {
      return invalid("gRPC cannot carry the metadata '" + name + "': '" + value + "'");
    }
    context.AddMetadata(key, value);
  }
  return {};
}

/// gRPC takes 4 MiB, unless told. That is too little for the coordinator, which gives back at once what it took bit by
/// bit: everything that a workflow remembers, or the workflow could never go on. It is trusted, and says nothing else
/// at any length. Branches may answer as much as over HTTP.
constexpr int coordinator_answer_bytes_max = -1;  // no limit
constexpr int branch_answer_bytes_max = 64 << 20;

std::shared_ptr<grpc::Channel> channel_to(const std::string& target,
                                          const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                                          int answer_bytes_max) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(answer_bytes_max);
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

}  // namespace

/// What must live until a call has ended. gRPC has only a pointer to most of it.
template <class Reply>
struct grpc_transport::pending {
  grpc::ClientContext context;
  dtmgimp::DtmRequest transaction;
  dtmgimp::DtmBranchRequest branch;
  google::protobuf::Empty empty;
  std::string method;
  grpc::ByteBuffer bytes;
  Reply reply;
};

grpc_transport::grpc_transport(std::string target, grpc_options options)
    : target_{std::move(target)},
      options_{std::move(options)},
      credentials_{options_.credentials ? options_.credentials : grpc::InsecureChannelCredentials()},
      stub_{dtmgimp::Dtm::NewStub(channel_to(target_, credentials_, coordinator_answer_bytes_max))} {}

std::chrono::milliseconds grpc_transport::limit_of(std::chrono::seconds wished) const {
  return wished.count() > 0 ? wished : options_.call_limit;
}

template <class Reply>
std::shared_ptr<grpc_transport::pending<Reply>> grpc_transport::begin(std::chrono::milliseconds limit) const {
  auto call = std::make_shared<pending<Reply>>();
  call->context.set_deadline(std::chrono::system_clock::now() + limit);
  return call;
}

template <class Reply>
std::shared_ptr<grpc_transport::pending<Reply>> grpc_transport::ask(std::chrono::milliseconds limit) const {
  auto call = begin<Reply>(limit);
  for (const auto& [name, value] : options_.metadata) call->context.AddMetadata(name, value);
  return call;
}

void grpc_transport::new_gid(completion<std::string> done) {
  const auto call = ask<dtmgimp::DtmGidReply>(options_.call_limit);
  stub_->async()->NewGid(
      &call->context, &call->empty, &call->reply, [call, done = std::move(done)](grpc::Status status) {
        status.ok() ? done(call->reply.gid()) : done(coordinator_failure_of(status, "the coordinator's NewGid"));
      });
}

void grpc_transport::send(transaction_verb verb, transaction_request request, completion<void> done) {
  const auto call = ask<google::protobuf::Empty>(limit_of(request.options.request_timeout));
  auto message = message_of(request);
  if (!message) return done(message.error());
  call->transaction = *std::move(message);
  auto ended = [call, done = std::move(done)](grpc::Status status) {
    status.ok() ? done({}) : done(coordinator_failure_of(status, "the coordinator"));
  };
  auto* const stub = stub_->async();
  switch (verb) {
    case transaction_verb::prepare:
      return stub->Prepare(&call->context, &call->transaction, &call->reply, std::move(ended));
    case transaction_verb::submit:
      return stub->Submit(&call->context, &call->transaction, &call->reply, std::move(ended));
    case transaction_verb::abort:
      return stub->Abort(&call->context, &call->transaction, &call->reply, std::move(ended));
  }
}

void grpc_transport::register_branch(branch_registration branch, completion<void> done) {
  const auto call = ask<google::protobuf::Empty>(limit_of(branch.request_timeout));
  call->branch.set_gid(std::move(branch.gid));
  call->branch.set_transtype(std::move(branch.trans_type));
  call->branch.set_branchid(std::move(branch.branch_id));
  call->branch.set_busipayload(std::move(branch.payload));
  call->branch.mutable_data()->insert(branch.data.begin(), branch.data.end());
  stub_->async()->RegisterBranch(
      &call->context, &call->branch, &call->reply, [call, done = std::move(done)](grpc::Status status) {
        status.ok() ? done({}) : done(coordinator_failure_of(status, "the coordinator's RegisterBranch"));
      });
}

void grpc_transport::prepare_workflow(transaction_request request, completion<workflow_record> done) {
  const auto call = ask<dtmgimp::DtmProgressesReply>(limit_of(request.options.request_timeout));
  auto message = message_of(request);
  if (!message) return done(message.error());
  call->transaction = *std::move(message);
  stub_->async()->PrepareWorkflow(
      &call->context, &call->transaction, &call->reply, [call, done = std::move(done)](grpc::Status status) {
        status.ok() ? done(record_of(call->reply))
                    : done(coordinator_failure_of(status, "the coordinator's PrepareWorkflow"));
      });
}

std::shared_ptr<grpc::GenericStub> grpc_transport::branch_at(const std::string& target) {
  const std::lock_guard lock{mutex_};
  auto& stub = branches_[target];
  if (stub == nullptr)
    stub = std::make_shared<grpc::GenericStub>(channel_to(target, credentials_, branch_answer_bytes_max));
  return stub;
}

void grpc_transport::call(branch_call call, completion<std::string> done) {
  if (call.url.empty()) return done(std::string{});  // nothing to do is success, as for the coordinator
  const auto slash = call.url.find('/');
  if (slash == 0 || slash == std::string::npos || call.url.find("://") != std::string::npos) {
    return done(invalid("not host:port/package.Service/Method: '" + call.url + "'"));
  }
  const auto rpc = begin<grpc::ByteBuffer>(limit_of(call.limit));
  const auto& of = call.context;
  auto metadata = std::move(call.headers);
  for (const auto& [name, value] : {std::pair{"dtm-gid", of.gid}, std::pair{"dtm-trans_type", of.trans_type},
                                    std::pair{"dtm-branch_id", of.branch_id}, std::pair{"dtm-op", of.op},
                                    std::pair{"dtm-dtm", target_}, std::pair{"dtm-phase2_url", of.phase2_url}}) {
    if (!value.empty()) metadata[name] = value;
  }
  if (auto put = put_metadata(rpc->context, metadata); !put) return done(put.error());
  rpc->method = call.url.substr(slash);
  rpc->bytes = buffer_of(call.payload);
  const auto stub = branch_at(call.url.substr(0, slash));
  stub->UnaryCall(&rpc->context, rpc->method, grpc::StubOptions{}, &rpc->bytes, &rpc->reply,
                  [rpc, stub, who = call.url, done = std::move(done)](grpc::Status status) {
                    status.ok() ? done(bytes_of(rpc->reply)) : done(failure_of(status, who));
                  });
}

coordinator grpc_coordinator(std::string target, grpc_options options) {
  return coordinator{std::make_shared<grpc_transport>(std::move(target), std::move(options))};
}

}  // namespace treaty::client
