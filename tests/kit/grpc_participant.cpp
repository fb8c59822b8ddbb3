#include "tests/kit/grpc_participant.hpp"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <utility>

namespace treaty::kit {
namespace {

std::string bytes_of(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  buffer.Dump(&slices);
  std::string out;
  for (const grpc::Slice& one : slices) out.append(reinterpret_cast<const char*>(one.begin()), one.size());
  return out;
}

}  // namespace

class grpc_participant::one_call final : public grpc::ServerGenericBidiReactor {
public:
  one_call(grpc_participant& home, grpc::GenericCallbackServerContext& context) : home_{home}, context_{context} {
    StartRead(&request_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return end({grpc::StatusCode::CANCELLED, "no message"});
    seen_rpc seen{
        .method = context_.method(), .metadata = {}, .message = bytes_of(request_), .deadline = context_.deadline()};
    seen.authority = context_.host();
    for (const auto& [name, value] : context_.client_metadata())
      seen.metadata.emplace(std::string{name.data(), name.size()}, std::string{value.data(), value.size()});
    reply what = home_.enter(std::move(seen));
    if (what.never) return;
    if (!what.status.ok()) return end(what.status);
    if (ended_.exchange(true)) return;
    const grpc::Slice text{what.message};
    answer_ = grpc::ByteBuffer{&text, 1};
    StartWriteAndFinish(&answer_, {}, what.status);
  }
  void OnCancel() override { end({grpc::StatusCode::CANCELLED, ""}); }
  void OnDone() override { delete this; }

private:
  void end(const grpc::Status& status) {
    if (!ended_.exchange(true)) Finish(status);
  }

  grpc_participant& home_;
  grpc::GenericCallbackServerContext& context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;
  std::atomic<bool> ended_{false};  // a client that goes away is heard of beside the answer
};

grpc_participant::grpc_participant(script what, const std::string& address) : script_{std::move(what)} {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port_);
  builder.RegisterCallbackGenericService(this);
  server_ = builder.BuildAndStart();
}

grpc_participant::~grpc_participant() {
  server_->Shutdown(std::chrono::system_clock::now());
}

grpc::ServerGenericBidiReactor* grpc_participant::CreateReactor(grpc::GenericCallbackServerContext* context) {
  return new one_call{*this, *context};  // gRPC's way: it deletes itself when done
}

grpc_participant::reply grpc_participant::enter(seen_rpc seen) {
  {
    const std::lock_guard lock{mutex_};
    ledger_.push_back(seen);
  }
  return script_(seen);
}

std::vector<seen_rpc> grpc_participant::ledger() const {
  const std::lock_guard lock{mutex_};
  return ledger_;
}

}  // namespace treaty::kit
