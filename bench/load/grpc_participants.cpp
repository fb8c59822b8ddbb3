#include "bench/load/grpc_participants.hpp"

#include <grpcpp/alarm.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <mutex>
#include <stdexcept>

#include "bench/load/habits.hpp"
#include "bench/load/sockets.hpp"

namespace treaty::load {
namespace {

branch_call call_of(const grpc::GenericCallbackServerContext& context) {
  const auto text = [&](const char* name) {
    const auto found = context.client_metadata().find(name);
    return found == context.client_metadata().end() ? std::string_view{}
                                                    : std::string_view{found->second.data(), found->second.size()};
  };
  branch_call call;
  call.path = context.method();
  call.path.remove_prefix(call.path.rfind('/') + 1);
  call.gid = text("dtm-gid");
  call.op = text("dtm-op");
  std::size_t number = 0;
  const std::string_view digits = text("dtm-branch_id");
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  call.branch = number - 1;
  return call;
}

}  // namespace

class grpc_participants::service final : public grpc::CallbackGenericService {
public:
  service(const participant_habits& habits, call_board& board, poller& generator)
      : latency_{habits.latency}, reactions_{habits}, board_{board}, generator_{generator} {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("0.0.0.0:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
    if (!server_) throw std::runtime_error{"cannot serve gRPC"};
  }
  ~service() override { server_->Shutdown(std::chrono::system_clock::now()); }
  service(const service&) = delete;
  service& operator=(const service&) = delete;

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override;
  grpc::Status serve(const grpc::GenericCallbackServerContext& context);

  std::chrono::milliseconds latency() const { return latency_; }
  int port() const { return port_; }
  std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }
  call_faults faults() const {
    const std::scoped_lock lock{mutex_};
    return faults_;
  }

private:
  class one_call;
  reaction next_reaction();
  grpc::Status react(const branch_call& call, reaction how, call_faults& found);

  const std::chrono::milliseconds latency_;
  reactions reactions_;
  call_board& board_;
  poller& generator_;
  int port_ = 0;
  std::atomic<std::uint64_t> requests_{0};
  mutable std::mutex mutex_;
  call_faults faults_;
  std::unique_ptr<grpc::Server> server_;
};

/// gRPC's way is that a reactor deletes itself when it is done.
class grpc_participants::service::one_call final : public grpc::ServerGenericBidiReactor {
public:
  one_call(service& home, grpc::GenericCallbackServerContext& context) : home_{home}, context_{context} {
    StartRead(&request_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish({grpc::StatusCode::CANCELLED, "no message"});
    status_ = home_.serve(context_);
    if (home_.latency().count() == 0) return answer();
    alarm_.Set(std::chrono::system_clock::now() + home_.latency(), [this](bool) { answer(); });
  }
  void OnDone() override { delete this; }

private:
  void answer() {
    if (!status_.ok()) return Finish(status_);
    const grpc::Slice nothing;
    answer_ = grpc::ByteBuffer{&nothing, 1};
    StartWriteAndFinish(&answer_, {}, status_);
  }

  service& home_;
  grpc::GenericCallbackServerContext& context_;
  grpc::Status status_;
  grpc::Alarm alarm_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;
};

grpc::ServerGenericBidiReactor* grpc_participants::service::CreateReactor(grpc::GenericCallbackServerContext* context) {
  return new one_call{*this, *context};
}

grpc::Status grpc_participants::service::serve(const grpc::GenericCallbackServerContext& context) {
  requests_.fetch_add(1, std::memory_order_relaxed);
  const branch_call call = call_of(context);
  if (call.path == "floor") return grpc::Status::OK;
  call_faults found;
  const grpc::Status said = react(call, next_reaction(), found);
  if (!found.none()) {
    const std::scoped_lock lock{mutex_};
    faults_ += found;
  }
  return said;
}

reaction grpc_participants::service::next_reaction() {
  const std::scoped_lock lock{mutex_};
  return reactions_.next();
}

grpc::Status grpc_participants::service::react(const branch_call& call, reaction how, call_faults& found) {
  switch (how) {
    case reaction::carry_out:
      break;
    case reaction::trouble:
      board_.look_at(call, found);
      return {grpc::StatusCode::UNKNOWN, "trouble"};
    case reaction::ongoing:
      board_.look_at(call, found);
      return {grpc::StatusCode::FAILED_PRECONDITION, "ONGOING"};
  }
  if (const auto done = board_.note(call, now_ns(), found)) {
    std::vector<completed_transaction> batch{*done};
    board_.completed(batch, generator_);
  }
  return call.path == "refuse" ? grpc::Status{grpc::StatusCode::ABORTED, "FAILURE"} : grpc::Status::OK;
}

grpc_participants::grpc_participants(const participant_habits& habits, call_board& board, poller& generator)
    : service_{std::make_unique<service>(habits, board, generator)} {}

grpc_participants::~grpc_participants() = default;

std::uint16_t grpc_participants::port() const {
  return static_cast<std::uint16_t>(service_->port());
}

std::uint64_t grpc_participants::requests() const {
  return service_->requests();
}

call_faults grpc_participants::faults() const {
  return service_->faults();
}

}  // namespace treaty::load
