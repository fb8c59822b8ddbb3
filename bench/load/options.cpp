#include "bench/load/options.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <map>
#include <string_view>

#include "bench/load/call_rules.hpp"

namespace treaty::load {
namespace {

const std::map<std::string, mode> modes{
    {"saga", mode::saga}, {"message", mode::message}, {"tcc", mode::tcc}, {"workflow", mode::workflow}};
const std::map<std::string, profile> other_profiles{{"floor", profile::floor}, {"refuse", profile::refuse}};
const std::map<std::string, wire_protocol> protocols{{"http", wire_protocol::http}, {"grpc", wire_protocol::grpc}};

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

CLI::Option* add_endpoint(CLI::App& app, const std::string& flag, endpoint& to, const std::string& help) {
  return app.add_option_function<std::string>(
      flag, [&to](const std::string& text) { to = parse_endpoint(text); }, help);
}

void add_milliseconds(CLI::App& app, const std::string& flag, std::chrono::milliseconds& to, const std::string& help) {
  app.add_option_function<double>(
         flag, [&to](double seconds) { to = std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)}; },
         help)
      ->check(CLI::NonNegativeNumber)
      ->type_name("SECONDS");
}

template <class Value>
void add_choice(CLI::App& app, const std::string& flag, const std::map<std::string, Value>& of, Value& to,
                const std::string& help) {
  app.add_option_function<std::string>(
         flag, [&](const std::string& name) { to = of.at(name); }, help)
      ->check(CLI::IsMember(of));
}

void add_transaction_options(CLI::App& app, load_options& options) {
  add_choice(app, "--protocol", protocols, options.protocol, "Of the requests and of the branch calls (http)");
  app.add_option("--branches", options.branches, "Branches of a transaction (2; of a message 1)")
      ->check(CLI::Range(std::size_t{1}, branches_max));
  app.add_flag_callback(
      "--concurrent", [&options] { options.order = branch_order::concurrent; },
      "Saga: branches are called at the same time");
  app.add_flag_callback(
      "--rollback", [&options] { options.outcome = outcome::rollback; },
      "Saga: the last branch refuses; tcc: the client aborts");
  app.add_flag("--wait-result", options.wait_result, "The client waits for the end of the transaction");
  app.add_option("--payload", options.payload_bytes, "Bytes of each branch's payload, about");
}

void add_load_options(CLI::App& app, load_options& options) {
  app.add_option("-k,--in-flight", options.in_flight, "Transactions in flight")->check(CLI::Range(1, 100'000));
  app.add_option("--participant-threads", options.participant_threads, "Threads of the HTTP business services")
      ->check(CLI::Range(1, 64));
  app.add_option("--grpc-channels", options.grpc_channels, "Connections of the gRPC clients (4)")
      ->check(CLI::Range(1, 1'000));
  add_milliseconds(app, "-d,--duration", options.duration, "How long to measure (10)");
  add_milliseconds(app, "-w,--warm-up", options.warm_up, "How long to run before that (2)");
  add_milliseconds(app, "--drain-limit", options.drain_limit, "How long to wait for the last transactions (30)");
  app.add_option("--stuck", options.stuck, "Profile refuse: sagas whose branch refuses connections (100000)");
  add_milliseconds(app, "--settle", options.settle, "Profile refuse: how long they are left alone first (10)");
}

void add_target_options(CLI::App& app, load_options& options) {
  auto* const target = add_endpoint(app, "--target", options.target,
                                    "HTTP address of a running coordinator, for example 127.0.0.1:36789");
  add_endpoint(app, "--grpc-target", options.grpc_target, "Its gRPC address, for example 127.0.0.1:36790")
      ->needs(target);
  auto* const start = app.add_option("--treatyd", options.treatyd, "Start this binary and measure it")
                          ->check(CLI::ExistingFile)
                          ->excludes(target);
  app.add_option("--config", options.config, "With --treatyd: further lines of its configuration")->needs(start);
  app.add_option("--pid", options.pid, "Process of the coordinator at --target, to measure it")->needs(target);
  app.add_option("--advertise", options.advertise, "Address of this machine as the coordinator sees it");
  app.add_option("--json", options.json_file, "Write the report to this file as well");
}

void add_profile(CLI::App& app, load_options& options) {
  app.add_option_function<std::string>(
         "profile",
         [&options](const std::string& name) {
           if (const auto found = modes.find(name); found != modes.end()) {
             options.of = found->second;
           } else {
             options.what = other_profiles.at(name);
           }
         },
         "saga, message, tcc, workflow: closed loop; floor: the same exchanges without a coordinator; refuse: new "
         "sagas "
         "while very many cannot reach their branch")
      ->check(CLI::IsMember({"saga", "message", "tcc", "workflow", "floor", "refuse"}));
  add_choice(app, "--of", modes, options.of, "Profile floor: whose exchanges (saga)");
}

void refuse_what_makes_no_sense(const load_options& options) {
  const bool is_floor = options.what == profile::floor;
  if (!is_floor && options.treatyd.empty() && options.target.port == 0)
    throw CLI::RequiredError{"--target or --treatyd"};
  const bool by_address = options.treatyd.empty() && !is_floor;
  if (options.protocol == wire_protocol::grpc && by_address && options.grpc_target.port == 0)
    throw CLI::RequiredError{"--grpc-target"};
  if (options.order == branch_order::concurrent && options.of != mode::saga)
    throw CLI::ValidationError{"--concurrent", "is for sagas"};
  if (options.outcome == outcome::rollback && options.of != mode::saga && options.of != mode::tcc)
    throw CLI::ValidationError{"--rollback", "is for sagas and tcc"};
  if (options.wait_result && options.of == mode::workflow)
    throw CLI::ValidationError{"--wait-result", "is not for workflows: their client knows the end"};
}

}  // namespace

load_options parse_options(int argc, char** argv) {
  load_options options;
  CLI::App app{"Drives a coordinator that speaks DTM's protocol, and checks each branch call while it measures"};
  add_profile(app, options);
  add_target_options(app, options);
  add_transaction_options(app, options);
  add_load_options(app, options);
  try {
    app.parse(argc, argv);
    refuse_what_makes_no_sense(options);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  if (options.branches == 0) options.branches = options.of == mode::message ? 1 : 2;
  return options;
}

}  // namespace treaty::load
