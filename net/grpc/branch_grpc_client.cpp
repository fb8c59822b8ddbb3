#include "net/grpc/branch_grpc_client.hpp"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <list>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "net/grpc/call_metadata.hpp"
#include "net/grpc/lock_checks.hpp"
#include "net/grpc/rpc_inbox.hpp"
#include "net/http/lane_deadlines.hpp"
#include "net/outcome.hpp"

namespace treaty {
namespace {

using rpc_ptr = std::shared_ptr<rpc>;

grpc::ChannelArguments arguments_of(const grpc_client_options& options) {
  const auto milliseconds = [](std::chrono::milliseconds span) { return static_cast<int>(span.count()); };
  grpc::ChannelArguments out;
  out.SetServiceConfigJSON(options.service_config);
  out.SetUserAgentPrefix(options.user_agent);
  out.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, milliseconds(options.reconnect_after_max));
  out.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(options.ping_after));
  out.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(options.ping_limit));
  out.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return out;
}

void prepare(rpc& one) {
  for (const auto& [name, value] : one.metadata) one.context.AddMetadata(name, value);
  const auto left = one.deadline - std::chrono::steady_clock::now();
  one.context.set_deadline(std::chrono::system_clock::now() +
                           std::chrono::duration_cast<std::chrono::system_clock::duration>(left));
  grpc::Slice payload{one.call.payload.data(), one.call.payload.size()};
  one.request = grpc::ByteBuffer{&payload, 1};
}

}  // namespace

class branch_grpc_client::core : public std::enable_shared_from_this<core> {
public:
  core(std::shared_ptr<asio_loop> lane, std::shared_ptr<const discovery> where, grpc_client_options options)
      : lane_{std::move(lane)},
        where_{std::move(where)},
        options_{std::move(options)},
        deadlines_{std::make_shared<lane_deadlines>(lane_->io())} {}
  void open();
  void call(branch_call call, branch_done done);
  void close();
  std::size_t pending() const { return pending_; }

private:
  struct target {
    grpc::GenericStub stub;
    std::size_t in_flight = 0;
    std::list<rpc_ptr> waiting;
    std::chrono::steady_clock::time_point used{};
  };

  result<void> locate(rpc& one) const;
  target& target_of(const std::string& address);
  void drop_oldest();
  void start(target& to, rpc_ptr one);
  void finished(rpc_inbox::batch batch);
  void expired(rpc& late);
  void answer_later(rpc_ptr one, std::string_view why);

  const std::shared_ptr<asio_loop> lane_;
  const std::shared_ptr<const discovery> where_;
  const grpc_client_options options_;
  const std::shared_ptr<lane_deadlines> deadlines_;
  std::shared_ptr<rpc_inbox> inbox_;
  std::unordered_map<std::string, target> targets_;
  std::unordered_set<rpc_ptr> in_flight_;
  std::size_t pending_ = 0;
};

void branch_grpc_client::core::open() {
  inbox_ = std::make_shared<rpc_inbox>(lane_, [this](rpc_inbox::batch batch) { finished(std::move(batch)); });
}

void branch_grpc_client::core::call(branch_call call, branch_done done) {
  ++pending_;
  auto one = std::make_shared<rpc>();
  one->deadline = std::chrono::steady_clock::now() + call.timeout;
  one->call = std::move(call);
  one->done = std::move(done);
  if (auto located = locate(*one); !located) return answer_later(std::move(one), located.error().detail);
  target& to = target_of(one->address);
  if (to.in_flight < options_.in_flight_max) return start(to, std::move(one));
  if (to.waiting.size() >= options_.waiting_max)
    return answer_later(std::move(one), "destination queue full: " + one->address);
  one->on_expired = [this](rpc& late) { expired(late); };
  deadlines_->watch(*one, one->deadline);
  to.waiting.push_back(std::move(one));
}

result<void> branch_grpc_client::core::locate(rpc& one) const {
  auto found = where_->locate(one.call.url);
  if (!found) return found.error();
  auto metadata = call_metadata(one.call);
  if (!metadata) return metadata.error();
  one.address = std::move(found->address);
  one.method = std::move(found->method);
  one.metadata = *std::move(metadata);
  return {};
}

branch_grpc_client::core::target& branch_grpc_client::core::target_of(const std::string& address) {
  auto found = targets_.find(address);
  if (found == targets_.end()) {
    if (targets_.size() >= options_.channels_max) drop_oldest();
    auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments_of(options_));
    found = targets_.emplace(address, target{.stub = grpc::GenericStub{std::move(channel)}, .waiting = {}}).first;
  }
  found->second.used = std::chrono::steady_clock::now();
  return found->second;
}

void branch_grpc_client::core::drop_oldest() {
  auto oldest = targets_.end();
  for (auto one = targets_.begin(); one != targets_.end(); ++one) {
    const bool is_idle = one->second.in_flight == 0 && one->second.waiting.empty();
    if (is_idle && (oldest == targets_.end() || one->second.used < oldest->second.used)) oldest = one;
  }
  if (oldest != targets_.end()) targets_.erase(oldest);
}

void branch_grpc_client::core::start(target& to, rpc_ptr one) {
  ++to.in_flight;
  in_flight_.insert(one);
  prepare(*one);
  rpc& raw = *one;
  to.stub.UnaryCall(&raw.context, raw.method, {}, &raw.request, &raw.reply,
                    [inbox = inbox_, one = std::move(one)](grpc::Status status) {
                      one->status = std::move(status);
                      inbox->put(one);
                    });
}

void branch_grpc_client::core::finished(rpc_inbox::batch batch) {
  for (const rpc_ptr& one : batch) {
    const bool was_in_flight = in_flight_.erase(one) > 0;
    if (!was_in_flight) continue;
    target& from = targets_.at(one->address);
    --from.in_flight;
    if (from.waiting.empty()) continue;
    rpc_ptr next = std::move(from.waiting.front());
    from.waiting.pop_front();
    next->leave();
    start(from, std::move(next));
  }
  for (const rpc_ptr& one : batch) {
    --pending_;
    one->done(judge_grpc(one->status.error_code(), one->status.error_message()));
  }
}

void branch_grpc_client::core::expired(rpc& late) {
  auto& waiting = targets_.at(late.address).waiting;
  const auto at = std::find_if(waiting.begin(), waiting.end(), [&](const rpc_ptr& one) { return one.get() == &late; });
  rpc_ptr one = *at;
  waiting.erase(at);
  answer_later(std::move(one), "timed out after " + std::to_string(late.call.timeout.count()) +
                                   " ms, waiting for a turn at " + late.address);
}

// As if gRPC had refused it: the same way back, and so never inline.
void branch_grpc_client::core::answer_later(rpc_ptr one, std::string_view why) {
  lane_->post([alive = weak_from_this(), one = std::move(one), why = std::string{why}] {
    const auto self = alive.lock();
    if (!self) return;
    --self->pending_;
    one->done(unknown_outcome(why));
  });
}

void branch_grpc_client::core::close() {
  inbox_->close();
  deadlines_->close();
  for (const rpc_ptr& one : in_flight_) one->context.TryCancel();
}

branch_grpc_client::branch_grpc_client(std::shared_ptr<asio_loop> lane, std::shared_ptr<const discovery> where,
                                       grpc_client_options options)
    : core_{std::make_shared<core>(std::move(lane), std::move(where), std::move(options))} {
  stop_lock_checks();
  core_->open();
}

branch_grpc_client::~branch_grpc_client() {
  core_->close();
}

void branch_grpc_client::call(branch_call call, branch_done done) {
  core_->call(std::move(call), std::move(done));
}

std::size_t branch_grpc_client::pending() const {
  return core_->pending();
}

}  // namespace treaty
