// The command line, the configuration and the log; everything else is in wiring.cpp.
#include "app/daemon.hpp"

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "app/command_line.hpp"
#include "app/load_config.hpp"
#include "app/log_config.hpp"
#include "app/open_files.hpp"
#include "app/ports_file.hpp"
#include "app/scheduling.hpp"
#include "app/service_manager.hpp"
#include "app/signals.hpp"
#include "app/wiring.hpp"
#include "obs/log.hpp"
#include "obs/version.hpp"

namespace treaty {
namespace {

constexpr int exit_good = 0;
constexpr int exit_failed = 1;
constexpr std::chrono::milliseconds look_every{1'000};

void print_complaints(const std::string& complaints) {
  std::fprintf(stderr, "treatyd: the configuration is not usable:\n%s\n", complaints.c_str());
}

int check_config(const loaded_config& loaded) {
  for (const config_notice& notice : loaded.notices) {
    std::fprintf(stderr, "%s: %s\n", notice.kind == notice_kind::warning ? "warning" : "note", notice.text.c_str());
  }
  std::fputs(describe(loaded).c_str(), stdout);
  return exit_good;
}

void log_notices(const loaded_config& loaded) {
  for (const config_notice& notice : loaded.notices) {
    log_line(notice.kind == notice_kind::warning ? log_level::warn : log_level::info, notice.text);
  }
}

int fail(const failure& why) {
  log_error("treatyd cannot start", {{"why", why.detail}});
  return exit_failed;
}

int run(const command_line& line, const loaded_config& loaded, port_layers& layers) {
  const std::uint64_t files_max = raise_open_files_limit();
  log_info("treatyd starts", {{"version", version()},
                              {"open_files_max", files_max},
                              {"nice", raise_priority(static_cast<int>(loaded.values.priority_boost))}});
  log_notices(loaded);
  const auto files = share_open_files(files_max);
  if (!files) return fail(files.error());
  auto started = service::start(loaded.values, *files, layers);
  if (!started) return fail(started.error());
  service& running = **started;
  const bound_ports ports = running.ports();
  if (!line.ports_file.empty()) {
    if (auto done = write_ports_file(line.ports_file, ports); !done) return fail(done.error());
  }
  log_info("treatyd is ready", {{"http", "http://localhost:" + std::to_string(ports.http)},
                                {"grpc", "localhost:" + std::to_string(ports.grpc)}});
  notify_service_manager("READY=1");

  const int taken = wait_for_end(look_every, [&] { running.look(); });
  log_info("treatyd stops: draining; another signal ends it at once",
           {{"signal", taken}, {"limit_ms", loaded.values.drain_timeout.count()}});
  notify_service_manager("STOPPING=1");
  let_signals_kill();
  running.drain(loaded.values.drain_timeout);
  started->reset();
  log_info("treatyd has stopped");
  return exit_good;
}

}  // namespace

int run_daemon(int argc, char** argv, port_layers& layers) {
  const command_line line = parse_command_line({argv + 1, argv + argc});
  std::fputs(line.out.c_str(), stdout);
  std::fputs(line.err.c_str(), stderr);
  if (line.what == command::leave) return line.exit_code;

  hold_signals();
  auto loaded = load_config(line.config_file, process_environment());
  if (!loaded) {
    print_complaints(loaded.error().detail);
    return exit_failed;
  }
  if (line.what == command::check_config) return check_config(*loaded);
  auto log = start_log(loaded->values, line.debug);
  if (!log) {
    print_complaints(log.error().detail);
    return exit_failed;
  }
  return run(line, *loaded, layers);
}

}  // namespace treaty
