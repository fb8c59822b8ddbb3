#include "bench/load/grpc_clients.hpp"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "bench/load/sockets.hpp"

namespace treaty::load {
namespace {

std::vector<std::unique_ptr<grpc::GenericStub>> connect_all(const endpoint& to, std::size_t channels) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // else all share one connection
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  std::vector<std::unique_ptr<grpc::GenericStub>> out;
  for (std::size_t i = 0; i < channels; ++i)
    out.push_back(std::make_unique<grpc::GenericStub>(grpc::CreateCustomChannel(
        to.host + ":" + std::to_string(to.port), grpc::InsecureChannelCredentials(), arguments)));
  return out;
}

/// gRPC's own word for Retry-After, in milliseconds.
std::int64_t push_back_of(const grpc::ClientContext& context) {
  const auto found = context.GetServerTrailingMetadata().find("grpc-retry-pushback-ms");
  std::int64_t hint = client_answer::no_hint;
  if (found != context.GetServerTrailingMetadata().end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), hint);
  return hint;
}

struct rpc_under_way {
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer reply;  // ignored
};

}  // namespace

class grpc_clients::core {
public:
  core(std::size_t slots, std::size_t channels, const endpoint& coordinator, const endpoint& participants,
       poller& events)
      : events_{events},
        to_coordinator_{connect_all(coordinator, channels)},
        to_participants_{connect_all(participants, channels)},
        calls_(slots) {}

  void send(std::size_t slot, request_template& request, std::string_view gid);
  void take_answers(std::vector<client_answer>& to);
  void close();

private:
  void answered(std::size_t slot, const grpc::Status& status);

  poller& events_;
  const std::vector<std::unique_ptr<grpc::GenericStub>> to_coordinator_;
  const std::vector<std::unique_ptr<grpc::GenericStub>> to_participants_;
  std::vector<std::optional<rpc_under_way>> calls_;
  std::mutex mutex_;
  std::condition_variable none_left_;
  std::vector<client_answer> answers_;
  std::size_t under_way_ = 0;
};

void grpc_clients::core::send(std::size_t slot, request_template& request, std::string_view gid) {
  write_gid(request, gid);
  rpc_under_way& one = calls_[slot].emplace();
  if (!request.metadata.empty()) one.context.AddMetadata("dtm-gid", std::string{gid});
  for (const auto& [name, value] : request.metadata) one.context.AddMetadata(name, value);
  const grpc::Slice message{request.text};
  one.request = grpc::ByteBuffer{&message, 1};
  {
    const std::scoped_lock lock{mutex_};
    ++under_way_;
  }
  const auto& stubs = request.to == addressee::coordinator ? to_coordinator_ : to_participants_;
  stubs[slot % stubs.size()]->UnaryCall(&one.context, request.method, {}, &one.request, &one.reply,
                                        [this, slot](const grpc::Status& status) { answered(slot, status); });
}

void grpc_clients::core::answered(std::size_t slot, const grpc::Status& status) {
  const bool is_broken =
      status.error_code() == grpc::StatusCode::UNAVAILABLE || status.error_code() == grpc::StatusCode::CANCELLED;
  const std::int64_t hint = status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED
                                ? push_back_of(calls_[slot]->context)
                                : client_answer::no_hint;
  const std::scoped_lock lock{mutex_};
  answers_.push_back({slot, is_broken ? client_answer::broken : static_cast<int>(status.error_code()), hint});
  if (answers_.size() == 1) events_.wake();  // else it was woken and has not come yet
  if (--under_way_ == 0) none_left_.notify_all();
}

void grpc_clients::core::take_answers(std::vector<client_answer>& to) {
  const std::scoped_lock lock{mutex_};
  to.insert(to.end(), answers_.begin(), answers_.end());
  answers_.clear();
}

void grpc_clients::core::close() {
  for (auto& one : calls_)
    if (one) one->context.TryCancel();
  std::unique_lock lock{mutex_};
  none_left_.wait(lock, [this] { return under_way_ == 0; });
}

grpc_clients::grpc_clients(std::size_t slots, std::size_t channels, const endpoint& coordinator,
                           const endpoint& participants, poller& events)
    : core_{std::make_unique<core>(slots, channels, coordinator, participants, events)} {}

grpc_clients::~grpc_clients() {
  core_->close();
}

void grpc_clients::send(std::size_t slot, request_template& request, std::string_view gid) {
  core_->send(slot, request, gid);
}

void grpc_clients::take_answers(std::span<const epoll_event>, std::vector<client_answer>& to) {
  core_->take_answers(to);
}

}  // namespace treaty::load
