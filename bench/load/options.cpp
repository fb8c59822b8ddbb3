#include "bench/load/options.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <map>
#include <string_view>

#include "bench/load/call_rules.hpp"

namespace treaty::load {
namespace {

const std::map<std::string, wire_protocol> protocols{{"http", wire_protocol::http}, {"grpc", wire_protocol::grpc}};
const std::map<std::string, profile> other_profiles{{"mix", profile::transactions},
                                                    {"floor", profile::floor},
                                                    {"refuse", profile::refuse},
                                                    {"overload", profile::overload},
                                                    {"soak", profile::soak}};

constexpr std::size_t in_flight_closed = 256;
constexpr std::size_t in_flight_to_saturate = 1'024;
constexpr std::size_t in_flight_open = 50'000;
constexpr const char* mix_usual = "saga:5,saga-rollback,saga-5-concurrent,message:2,tcc:2,tcc-rollback,workflow";

/// What the command line says word by word, until it is put together.
struct said {
  transaction_form form;
  std::string mix;
  bool wants_mix = false;
};

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

void add_transaction_options(CLI::App& app, load_options& options, said& words) {
  add_choice(app, "--protocol", protocols, options.protocol, "Of the requests and of the branch calls (http)");
  app.add_option("--branches", words.form.branches, "Branches of a transaction (2; of a message 1)")
      ->check(CLI::Range(std::size_t{1}, branches_max));
  app.add_flag_callback(
      "--concurrent", [&words] { words.form.order = branch_order::concurrent; },
      "Saga: branches are called at the same time");
  app.add_flag_callback(
      "--rollback", [&words] { words.form.outcome = outcome::rollback; },
      "Saga: the last branch refuses; tcc: the client aborts");
  app.add_flag("--wait-result", words.form.wait_result, "The client waits for the end of the transaction");
  app.add_option("--mix", words.mix,
                 std::string{"Profiles mix, overload and soak: forms and their shares; words after a form: a number of "
                             "branches, concurrent, rollback, wait (soak and mix: "} +
                     mix_usual + ")");
  app.add_option("--payload", options.payload_bytes, "Bytes of each branch's payload, about");
}

void add_load_options(CLI::App& app, load_options& options) {
  app.add_option("-k,--in-flight", options.in_flight,
                 "Transactions in flight: always (256), or with --rate at most (50000)")
      ->check(CLI::Range(1, 1'000'000));
  app.add_flag("--floor", options.with_floor,
               "Measure the floor first, for half as long, and say what share of it this is");
  app.add_option("--rate", options.rate, "Open loop: so many transactions begin each second, however long they take")
      ->check(CLI::Range(0.1, 1e6));
  app.add_option("--connections", options.connections, "Open loop over HTTP: connections of the clients at most (512)")
      ->check(CLI::Range(1, 20'000));
  app.add_option("--participant-threads", options.participant_threads, "Threads of the HTTP business services")
      ->check(CLI::Range(1, 64));
  app.add_option("--grpc-channels", options.grpc_channels, "Connections of the gRPC clients (4)")
      ->check(CLI::Range(1, 1'000));
  add_milliseconds(app, "-d,--duration", options.duration, "How long to measure (10)");
  add_milliseconds(app, "-w,--warm-up", options.warm_up, "How long to run before that (2)");
  add_milliseconds(app, "--drain-limit", options.drain_limit, "How long to wait for the last transactions (30)");
  app.add_option("--stuck", options.stuck, "Profile refuse: sagas whose branch refuses connections (100000)");
  add_milliseconds(app, "--settle", options.settle, "Profile refuse: how long they are left alone first (10)");
  app.add_option("--overload", options.overload, "Profile overload: times the capacity (10)")
      ->check(CLI::Range(1.0, 100.0));
  app.add_option("--memory-limit", options.memory_limit_mb, "Profile overload: MB that it may take (384)");
  add_milliseconds(app, "--expire", options.expire, "Profile soak: how long finished transactions are kept (60)");
}

void add_participant_options(CLI::App& app, load_options& options) {
  add_milliseconds(app, "--participant-latency", options.habits.latency, "From a branch call to its answer (0)");
  app.add_option("--participant-troubles", options.habits.trouble_share,
                 "Share of the branch calls that fail for the moment, and are called again (0)")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--participant-ongoing", options.habits.ongoing_share,
                 "Share of the branch calls that are still ongoing, and are called again (0)")
      ->check(CLI::Range(0.0, 1.0));
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
  app.add_option("--html", options.html_file, "Write the report, with plots, to this page as well");
}

void add_profile(CLI::App& app, load_options& options, said& words) {
  app.add_option_function<std::string>(
         "profile",
         [&](const std::string& name) {
           if (const auto found = mode_named(name)) {
             words.form.of = *found;
           } else {
             options.what = other_profiles.at(name);
             words.wants_mix = name == "mix" || name == "soak";
           }
         },
         "saga, message, tcc, workflow, or a mix of them; floor: the same exchanges without a coordinator; refuse: new "
         "sagas while very many cannot reach their branch; overload: far more than the coordinator can do; soak: does "
         "anything grow?")
      ->check(CLI::IsMember({"saga", "message", "tcc", "workflow", "mix", "floor", "refuse", "overload", "soak"}));
  app.add_option_function<std::string>(
         "--of", [&words](const std::string& name) { words.form.of = *mode_named(name); },
         "Profile floor: whose exchanges (saga)")
      ->check(CLI::IsMember({"saga", "message", "tcc", "workflow"}));
}

std::size_t usual_in_flight(const load_options& options) {
  if (options.is_open_loop() || options.what == profile::soak) return in_flight_open;
  return options.what == profile::overload ? in_flight_to_saturate : in_flight_closed;
}

void put_together(load_options& options, said& words) {
  if (const auto complaint = complaint_about(words.form)) throw CLI::ValidationError{*complaint};
  if (words.mix.empty() && words.wants_mix) words.mix = mix_usual;
  if (words.mix.empty()) {
    words.form.branches = branches_of(words.form);
    options.mix = {mixed_form{words.form}};
  } else if (auto mix = parse_mix(words.mix)) {
    options.mix = *std::move(mix);
  } else {
    throw CLI::ValidationError{"--mix", words.mix + " names no forms"};
  }
  if (options.in_flight == 0) options.in_flight = usual_in_flight(options);
  if (options.connections == 0) options.connections = 512;
}

void refuse_what_makes_no_sense(const load_options& options) {
  const bool is_floor = options.what == profile::floor;
  if (!is_floor && options.treatyd.empty() && options.target.port == 0)
    throw CLI::RequiredError{"--target or --treatyd"};
  const bool by_address = options.treatyd.empty() && !is_floor;
  if (options.protocol == wire_protocol::grpc && by_address && options.grpc_target.port == 0)
    throw CLI::RequiredError{"--grpc-target"};
  if (options.what == profile::overload && options.is_open_loop())
    throw CLI::ValidationError{"--rate", "follows from the capacity in the profile overload"};
  if ((is_floor || options.with_floor) && options.mix.size() > 1)
    throw CLI::ValidationError{"--mix", "the floor is that of one form"};
  if (options.with_floor && (options.what != profile::transactions || options.is_open_loop()))
    throw CLI::ValidationError{"--floor", "is for the closed loop of one form"};
  if (options.habits.trouble_share + options.habits.ongoing_share > 0.9)
    throw CLI::ValidationError{"--participant-troubles", "nothing would come to an end"};
}

}  // namespace

load_options parse_options(int argc, char** argv) {
  load_options options;
  said words;
  CLI::App app{"Drives a coordinator that speaks DTM's protocol, and checks each branch call while it measures"};
  app.footer("treaty-bench compare BEFORE.json AFTER.json compares two reports. See bench/README.md.");
  add_profile(app, options, words);
  add_target_options(app, options);
  add_transaction_options(app, options, words);
  add_load_options(app, options);
  add_participant_options(app, options);
  try {
    app.parse(argc, argv);
    put_together(options, words);
    refuse_what_makes_no_sense(options);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

}  // namespace treaty::load
