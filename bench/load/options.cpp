#include "bench/load/options.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <map>
#include <string_view>

namespace treaty::load {
namespace {

/// "http://host:port", "host:port", with anything after the port ignored.
endpoint parse_endpoint(std::string_view text) {
  if (text.starts_with("http://")) text.remove_prefix(7);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) throw CLI::ValidationError{"--target", "names no port"};
  endpoint to{std::string{text.substr(0, colon)}, 0};
  const std::string_view port = text.substr(colon + 1);
  if (std::from_chars(port.data(), port.data() + port.size(), to.port).ec != std::errc{})
    throw CLI::ValidationError{"--target", "names no port"};
  return to;
}

void add_milliseconds(CLI::App& app, const std::string& flag, std::chrono::milliseconds& to, const std::string& help) {
  app.add_option_function<double>(
         flag, [&to](double seconds) { to = std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)}; },
         help)
      ->check(CLI::NonNegativeNumber)
      ->type_name("SECONDS");
}

void add_load_options(CLI::App& app, load_options& options) {
  app.add_option("--branches", options.branches, "Branches of a saga")->check(CLI::Range(std::size_t{1}, branches_max));
  app.add_flag_callback(
      "--concurrent", [&options] { options.order = saga_order::concurrent; }, "Branches are called at the same time");
  app.add_flag_callback(
      "--rollback", [&options] { options.outcome = saga_outcome::rollback; },
      "The last branch refuses: the saga is rolled back");
  app.add_flag("--wait-result", options.wait_result, "The client waits for the end of the saga");
  app.add_option("--payload", options.payload_bytes, "Bytes of each branch's payload, about");
  app.add_option("-k,--in-flight", options.in_flight, "Sagas in flight")->check(CLI::Range(1, 100'000));
  app.add_option("--participant-threads", options.participant_threads, "Threads of the business services")
      ->check(CLI::Range(1, 64));
  add_milliseconds(app, "-d,--duration", options.duration, "How long to measure (10)");
  add_milliseconds(app, "-w,--warm-up", options.warm_up, "How long to run before that (2)");
  add_milliseconds(app, "--drain-limit", options.drain_limit, "How long to wait for the last sagas (30)");
  app.add_option("--stuck", options.stuck, "Profile refuse: sagas whose branch refuses connections (100000)");
  add_milliseconds(app, "--settle", options.settle, "Profile refuse: how long they are left alone first (10)");
}

void add_target_options(CLI::App& app, load_options& options) {
  auto* const target = app.add_option_function<std::string>(
      "--target", [&options](const std::string& text) { options.target = parse_endpoint(text); },
      "HTTP address of a running coordinator, for example 127.0.0.1:36789");
  auto* const start = app.add_option("--treatyd", options.treatyd, "Start this binary and measure it")
                          ->check(CLI::ExistingFile)
                          ->excludes(target);
  app.add_option("--config", options.config, "With --treatyd: further lines of its configuration")->needs(start);
  app.add_option("--pid", options.pid, "Process of the coordinator at --target, to measure it")->needs(target);
  app.add_option("--advertise", options.advertise, "Address of this machine as the coordinator sees it");
  app.add_option("--json", options.json_file, "Write the report to this file as well");
}

void add_profile(CLI::App& app, load_options& options) {
  static const std::map<std::string, profile> profiles{
      {"saga", profile::saga}, {"floor", profile::floor}, {"refuse", profile::refuse}};
  app.add_option_function<std::string>(
         "profile", [&options](const std::string& name) { options.what = profiles.at(name); },
         "saga: closed loop; floor: the same socket exchanges without a coordinator; refuse: new sagas while very many "
         "cannot reach their branch")
      ->check(CLI::IsMember(profiles));
}

}  // namespace

load_options parse_options(int argc, char** argv) {
  load_options options;
  CLI::App app{"Drives a coordinator that speaks DTM's protocol, and checks each branch call while it measures"};
  add_profile(app, options);
  add_target_options(app, options);
  add_load_options(app, options);
  try {
    app.parse(argc, argv);
    if (options.what != profile::floor && options.treatyd.empty() && options.target.port == 0)
      throw CLI::RequiredError{"--target or --treatyd"};
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

}  // namespace treaty::load
