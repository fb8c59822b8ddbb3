#include "net/grpc/health_service.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "proto/grpc_health.pb.h"

namespace treaty {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr std::size_t watchers_least = 64;

std::optional<std::string> service_in(std::string_view message) {
  HealthCheckRequest request;
  if (!request.ParseFromArray(message.data(), static_cast<int>(message.size()))) return std::nullopt;
  return std::move(*request.mutable_service());
}

grpc_status unreadable() {
  return {grpc_internal, "the request is not a HealthCheckRequest"};
}

bool is_known(std::string_view service) {
  return service.empty() || service == "dtmgimp.Dtm";
}

std::string response(HealthCheckResponse::ServingStatus status) {
  HealthCheckResponse out;
  out.set_status(status);
  return out.SerializeAsString();
}

std::string response(serving_state state, bool knows_service) {
  if (!knows_service) return response(HealthCheckResponse::SERVICE_UNKNOWN);
  return response(state == serving_state::serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING);
}

}  // namespace

void health_service::add_to(rpc_table& methods) {
  methods.add("/grpc.health.v1.Health/Check",
              {rpc_asks::once, [this](std::string_view message, std::shared_ptr<rpc> to) { check(message, *to); }});
  methods.add(
      "/grpc.health.v1.Health/Watch",
      {rpc_asks::once, [this](std::string_view message, std::shared_ptr<rpc> to) { watch(message, std::move(to)); }});
}

void health_service::check(std::string_view message, rpc& to) const {
  const auto service = service_in(message);
  if (!service) return to.finish(unreadable());
  if (!is_known(*service)) return to.finish({grpc_not_found, "unknown service"});
  to.finish(response(state_, true));
}

void health_service::watch(std::string_view message, std::shared_ptr<rpc> to) {
  const auto service = service_in(message);
  if (!service) return to->finish(unreadable());
  if (watchers_.size() >= look_at_) forget_those_who_left();
  const bool knows_service = is_known(*service);
  to->send(response(state_, knows_service));
  watchers_.push_back({std::move(to), knows_service});
}

void health_service::set(serving_state state) {
  if (std::exchange(state_, state) == state) return;
  forget_those_who_left();
  for (const watcher& one : watchers_)
    if (one.knows_service) one.to->send(response(state_, true));
}

void health_service::end() {
  for (const watcher& one : std::exchange(watchers_, {}))
    one.to->finish({grpc_unavailable, "the coordinator is stopping"});
}

void health_service::forget_those_who_left() {
  std::erase_if(watchers_, [](const watcher& one) { return !one.to->is_open(); });
  look_at_ = std::max(watchers_least, 2 * watchers_.size());
}

}  // namespace treaty
