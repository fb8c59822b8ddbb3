#include "net/grpc/grpc_server.hpp"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <mutex>
#include <utility>

#include "net/grpc/dtm_service.hpp"
#include "net/grpc/lock_checks.hpp"

namespace treaty {
namespace {

int milliseconds_of(std::chrono::milliseconds span) {
  return static_cast<int>(span.count());
}

void set_limits(grpc::ServerBuilder& builder, const grpc_server_options& options) {
  builder.SetMaxReceiveMessageSize(options.request_bytes_max);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a port that is taken is an error, not a shared one
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.streams_max);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, milliseconds_of(options.handshake_limit));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds_of(options.ping_after));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds_of(options.ping_limit));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Clients' libraries ping as they like; being strict here only cuts connections that work.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1'000);
  // Only reflection is served by blocking threads.
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
}

// Both are switches of the library for every server of the process, and must be on before one is built.
void enable_extensions() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

std::string authority(const grpc_server_options& options) {
  const bool is_ipv6 = options.host.find(':') != std::string::npos && !options.host.starts_with('[');
  return (is_ipv6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(options.port);
}

}  // namespace

class grpc_server::running {
public:
  running(ingress& door, prometheus::Registry& metrics) : service{door, pending, metrics} {}
  std::shared_ptr<pending_replies> pending = std::make_shared<pending_replies>();
  dtm_service service;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
  std::once_flag stopped;
};

result<std::unique_ptr<grpc_server>> grpc_server::start(const grpc_server_options& options, ingress& door,
                                                        prometheus::Registry& metrics) {
  stop_lock_checks();
  enable_extensions();
  auto state = std::make_unique<running>(door, metrics);
  grpc::ServerBuilder builder;
  set_limits(builder, options);
  builder.AddListeningPort(authority(options), grpc::InsecureServerCredentials(), &state->port);
  builder.RegisterService(&state->service);
  state->server = builder.BuildAndStart();
  if (!state->server || state->port == 0)
    return failure{errc::unavailable, "gRPC cannot listen on " + authority(options)};
  std::unique_ptr<grpc_server> out{new grpc_server{std::move(state)}};
  out->set_serving(serving_state::not_serving);
  return out;
}

grpc_server::grpc_server(std::unique_ptr<running> state) : state_{std::move(state)} {}

grpc_server::~grpc_server() {
  stop(std::chrono::milliseconds{0});
}

std::uint16_t grpc_server::port() const {
  return static_cast<std::uint16_t>(state_->port);
}

void grpc_server::set_serving(serving_state state) {
  auto* const health = state_->server->GetHealthCheckService();
  const bool serving = state == serving_state::serving;
  health->SetServingStatus("", serving);
  health->SetServingStatus("dtmgimp.Dtm", serving);
}

void grpc_server::stop(std::chrono::milliseconds limit) {
  std::call_once(state_->stopped, [&] {
    set_serving(serving_state::not_serving);
    state_->pending->stop(std::chrono::steady_clock::now() + limit);
    state_->server->Shutdown(std::chrono::system_clock::now());
  });
}

}  // namespace treaty
