#include "app/wiring.hpp"

#include <prometheus/registry.h>

#include <algorithm>
#include <semaphore>
#include <string>
#include <utility>
#include <vector>

#include "admin/probes.hpp"
#include "admin/treaty_api.hpp"
#include "app/options_for.hpp"
#include "app/port_check.hpp"
#include "app/server_metrics.hpp"
#include "app/service_drivers.hpp"
#include "app/store_metrics.hpp"
#include "net/branch_mux.hpp"
#include "net/grpc/dtm_service.hpp"
#include "net/grpc/grpc_server.hpp"
#include "net/http/asio_loop.hpp"
#include "net/http/client_metrics.hpp"
#include "net/http/dtm_api.hpp"
#include "net/http/hook_metrics.hpp"
#include "net/http/router.hpp"
#include "net/http/web_hooks.hpp"
#include "obs/log.hpp"
#include "obs/process_metrics.hpp"
#include "obs/version.hpp"

namespace treaty {
namespace {

constexpr std::chrono::milliseconds last_answers_limit{1'000};
constexpr std::chrono::milliseconds last_notices_limit{1'000};
constexpr std::chrono::milliseconds withdrawal_limit{2'000};
constexpr std::chrono::milliseconds look_again{5};

template <class Servers>
server_figures total_of(const Servers& servers) {
  server_figures total;
  for (const auto& each : servers) {
    const server_figures figures = each->figures();
    total.accepted += figures.accepted;
    total.refused += figures.refused;
    total.timed_out += figures.timed_out;
    total.malformed += figures.malformed;
  }
  return total;
}

template <class Servers>
std::size_t connections_of(const Servers& servers) {
  std::size_t open = 0;
  for (const auto& each : servers) open += each->connections();
  return open;
}

/// Whether those who look for this process find it, or need not.
bool is_found(registration state, std::string_view readiness) {
  switch (state) {
    case registration::none:
      return readiness == "never";
    case registration::lost:
      return readiness != "always";
    case registration::registered:
      return true;
    case registration::withdrawn:
      return false;
  }
  return false;
}

void wait_for(std::chrono::milliseconds span) {
  std::binary_semaphore never{0};  // only its time-out is used
  static_cast<void>(never.try_acquire_for(span));
}

}  // namespace

/// In the order of the start; taken down in reverse.
struct service::parts {
  parts(const config& given, const open_files_shares& shares, port_layers& between)
      : values{given}, files{shares}, layers{between} {}
  ~parts() { stop(); }

  result<void> start();
  void drain(config::span limit);

  result<void> open_store();
  result<void> start_web_hooks();
  result<void> choose_driver();
  void make_lanes();
  result<void> listen_http();
  result<void> listen_grpc();
  void look();
  void add_routes();
  void stop();
  process_health health() const;
  void leave_registry();
  std::string scrape();

  const config values;
  const open_files_shares files;
  port_layers& layers;
  prometheus::Registry metrics;
  http_client_metrics client_metrics{metrics};
  server_metrics http_metrics{metrics, "HTTP"};
  server_metrics grpc_metrics{metrics, "gRPC"};
  store_metrics shown_store{metrics};
  hook_metrics web_hook_metrics{metrics};
  const std::shared_ptr<client_room> clients = std::make_shared<client_room>(files.clients, files.descriptors_below);
  std::unique_ptr<store> kept;
  std::unique_ptr<web_hooks> hooks;
  std::unique_ptr<service_driver> driver;
  std::vector<std::shared_ptr<asio_loop>> loops;
  std::unique_ptr<coordinator> decides;
  ingress* door = nullptr;  // to `decides`
  http_router routes{metrics};
  std::vector<std::unique_ptr<http_server>> servers;
  std::unique_ptr<dtm_service> dtm;
  std::vector<std::unique_ptr<grpc_server>> grpc_servers;
  bound_ports ports;
  coordinator_state seen = coordinator_state::starting;
  bool seen_ready = false;
  std::unique_ptr<registrar> enrolled;  // null: in no registry
};

result<void> service::parts::start() {
  register_build_info(metrics);
  if (auto done = check_port_free("HttpPort", static_cast<std::uint16_t>(values.http_port)); !done) return done.error();
  if (auto done = check_port_free("GrpcPort", static_cast<std::uint16_t>(values.grpc_port)); !done) return done.error();
  if (auto done = open_store(); !done) return done.error();
  if (auto done = start_web_hooks(); !done) return done.error();
  if (auto done = choose_driver(); !done) return done.error();
  make_lanes();
  add_routes();
  if (auto done = listen_http(); !done) return done.error();  // clients wait in the kernel's queue until the lanes run
  if (auto done = listen_grpc(); !done) return done.error();
  if (auto done = decides->start(); !done) return done.error();
  if (enrolled) enrolled->begin();
  look();
  return {};
}

result<void> service::parts::open_store() {
  auto opened = open_rocksdb_store(store_options(values, files));
  if (!opened) return opened.error();
  kept = layers.over(*std::move(opened));
  log_info("the embedded RocksDB store is open", {{"path", values.store_path}});
  return {};
}

result<void> service::parts::start_web_hooks() {
  auto started = web_hooks::start(web_hooks_options_of(values), web_hook_metrics);
  if (!started) return started.error();
  hooks = *std::move(started);
  return {};
}

result<void> service::parts::choose_driver() {
  auto made = make_service_driver(values, metrics);
  if (!made) return made.error();
  driver = *std::move(made);
  enrolled = driver->enrol();
  return {};
}

void service::parts::make_lanes() {
  const auto where = driver->where();
  const std::size_t wanted = lane_count(values);
  const branch_clients_options options = branch_options_of(values, files, wanted);
  std::vector<lane_ports> lanes;
  while (lanes.size() < wanted) {
    const auto& loop = loops.emplace_back(std::make_shared<asio_loop>());
    auto calls = std::make_shared<branch_mux>(loop, where, options, client_metrics);
    lanes.push_back({loop, layers.over(std::shared_ptr<branch_client>{std::move(calls)})});
  }
  decides = std::make_unique<coordinator>(
      *kept, layers.over(*hooks), std::move(lanes), [] { return std::make_shared<asio_loop>(); },
      coordinator_options_of(values), metrics);
  door = &layers.over(*decides);
}

void service::parts::add_routes() {
  dtm_api_options options;
  options.version = version();
  options.default_timeout_to_fail = std::chrono::duration_cast<std::chrono::seconds>(values.timeout_to_fail);
  add_dtm_routes(routes, *door, options);
  for (api_route& one : treaty_api(*door)) routes.add(one.method, one.path, std::move(one.handler));
  const health_source source = [this] { return health(); };
  routes.add("GET", "/healthz", make_healthz(source), route_metrics::uncounted);
  routes.add("GET", "/readyz", make_readyz(source), route_metrics::uncounted);
  for (const char* const path :
       {"/api/metrics", "/metrics"})  // DTM's, and where Prometheus looks unless told otherwise
    routes.add("GET", path, make_metrics([this] { return scrape(); }), route_metrics::uncounted);
}

result<void> service::parts::listen_http() {
  http_server_options options = http_server_options_of(values, files, loops.size());
  options.room = clients;
  for (const auto& loop : loops) {
    auto listening =
        http_server::listen(*loop, options, [this](const http_request& request, std::shared_ptr<http_responder> to) {
          routes.handle(request, std::move(to));
        });
    if (!listening) return listening.error();
    servers.push_back(*std::move(listening));
    options.port = servers.front()->port();  // when any would do, the other lanes share the first one's
  }
  ports.http = options.port;
  return {};
}

result<void> service::parts::listen_grpc() {
  dtm = std::make_unique<dtm_service>(*door, metrics);
  grpc_server_options options = grpc_server_options_of(values, loops.size());
  options.room = clients;
  for (const auto& loop : loops) {
    auto listening = grpc_server::listen(*loop, options, *dtm);
    if (!listening) return listening.error();
    grpc_servers.push_back(*std::move(listening));
    options.port = grpc_servers.front()->port();
  }
  ports.grpc = options.port;
  return {};
}

/// Tells the log and gRPC's health service when the state has changed; /readyz asks for itself.
void service::parts::look() {
  const bool is_ready = health().ready;
  if (std::exchange(seen_ready, is_ready) != is_ready) {
    for (const auto& each : grpc_servers)
      each->set_serving(is_ready ? serving_state::serving : serving_state::not_serving);
  }
  const coordinator_state state = decides->state();
  if (state == seen) return;
  const log_level importance = state == coordinator_state::store_failing ? log_level::error : log_level::info;
  log_line(importance, "state changed",
           {{"from", to_string(seen)}, {"to", to_string(state)}, {"why", decides->state_detail()}});
  seen = state;
}

process_health service::parts::health() const {
  const coordinator_state state = decides->state();
  process_health out{.state = std::string{to_string(state)},
                     .detail = decides->state_detail(),
                     .ready = state == coordinator_state::serving,
                     .mendable_by_restart_only = kept->health().state == store_state::failed};
  if (!enrolled) return out;
  const registration_state there = enrolled->state();
  out.registration = to_string(there.state);
  if (!there.detail.empty()) out.registration += ": " + there.detail;
  if (out.ready && !is_found(there.state, values.registry_readiness)) {
    out.ready = false;
    out.detail = "registration: " + out.registration;
  }
  return out;
}

std::string service::parts::scrape() {
  shown_store.refresh(kept->health(), kept->footprint());
  http_metrics.refresh(total_of(servers), connections_of(servers));
  grpc_metrics.refresh(total_of(grpc_servers), connections_of(grpc_servers));
  return metrics_text(metrics);
}

// First of all, so that nobody new comes; those who know this process get a moment to hear of it.
void service::parts::leave_registry() {
  if (!enrolled || !enrolled->withdraw(withdrawal_limit)) return;
  look();
  log_info("left the registry", {{"still_taking_requests_ms", values.registry_leave_delay.count()}});
  wait_for(values.registry_leave_delay);
}

void service::parts::drain(config::span limit) {
  leave_registry();
  decides->stop_admitting();
  look();
  const std::size_t left = decides->drain(limit);
  log_info("drained", {{"still_in_flight", left}});
  for (const auto& each : servers) {
    each->stop_accepting();
    each->close_idle();
  }
  for (const auto& each : grpc_servers) each->go_away();
  if (const std::size_t lost = hooks->drain(std::min<config::span>(limit, last_notices_limit)); lost > 0)
    log_warn("notices for web-hooks are lost", {{"notices", lost}});
  const auto until = std::chrono::steady_clock::now() + last_answers_limit;
  const auto open = [this] { return connections_of(servers) + connections_of(grpc_servers); };
  while (open() > 0 && std::chrono::steady_clock::now() < until) wait_for(look_again);
}

void service::parts::stop() {
  if (decides) decides->stop();  // the lanes' threads end: what lives on them can be taken apart
  grpc_servers.clear();
  servers.clear();
}

service::service(std::unique_ptr<parts> running) : running_{std::move(running)} {}
service::~service() = default;

result<std::unique_ptr<service>> service::start(const config& values, const open_files_shares& files,
                                                port_layers& layers) {
  auto running = std::make_unique<parts>(values, files, layers);
  if (auto started = running->start(); !started) return started.error();
  return std::unique_ptr<service>{new service{std::move(running)}};
}

bound_ports service::ports() const {
  return running_->ports;
}

void service::look() {
  running_->look();
}

void service::drain(config::span limit) {
  running_->drain(limit);
}

}  // namespace treaty
