#include "app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/config_docs.hpp"
#include "obs/version.hpp"

namespace treaty {
namespace {

constexpr int exit_ok = 0;
constexpr int exit_usage = 2;

constexpr const char* reset_refused =
    "treatyd: -r is refused: it would delete every transaction of the store, also unfinished ones.\n"
    "To start afresh, stop treatyd and remove the directory that Store.Path names (./treaty-data by default).\n";

struct flags {
  bool version = false;
  bool help = false;
  bool check_config = false;
  bool reset = false;
  std::vector<std::string> positional;
};

void declare(CLI::App& app, command_line& line, flags& given) {
  app.set_help_flag();  // ours: the exit codes are DTM's
  app.add_option("-c,--config", line.config_file, "Read this YAML file. Without it: environment and defaults")
      ->type_name("FILE");
  app.add_flag("-d,--debug", line.debug, "Log at level debug");
  app.add_flag("--check-config", given.check_config,
               "Print the effective configuration and end: 0 when it is good, 1 otherwise");
  app.add_option("--ports-file", line.ports_file, "When ready, write the bound ports to this file as JSON")
      ->type_name("FILE");
  app.add_flag("-r,--reset", given.reset, "Refused: says how to start afresh");
  app.add_flag("-v,--version", given.version, "Print the version and end");
  app.add_flag("-h,--help", given.help, "Print this and end");
  app.add_option("arguments", given.positional)->group("");
}

/// Go's flag package also takes "-c=FILE".
std::vector<std::string> split_equals(const std::vector<std::string>& arguments) {
  std::vector<std::string> split;
  for (const std::string& each : arguments) {
    if (each.starts_with("-c=")) {
      split.emplace_back("-c");
      split.push_back(each.substr(3));
    } else {
      split.push_back(each);
    }
  }
  return split;
}

std::string help_text(const CLI::App& app) {
  return app.help() +
         "\nOptions of the file and of the environment (default); docs/configuration.md has the ranges:\n" +
         options_help();
}

void leave(command_line& line, int exit_code, std::string out, std::string err) {
  line.what = command::leave;
  line.exit_code = exit_code;
  line.out = std::move(out);
  line.err = std::move(err);
}

}  // namespace

command_line parse_command_line(std::vector<std::string> arguments) {
  command_line line;
  flags given;
  CLI::App app{"treatyd coordinates distributed transactions; it speaks DTM's protocol.", "treatyd"};
  declare(app, line, given);
  arguments = split_equals(arguments);
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {                                              // CLI11 throws on what it does not know
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& why) {
    leave(line, exit_usage, "", "treatyd: " + std::string{why.what()} + "\n\n" + app.help());
    return line;
  }
  if (given.help) {
    leave(line, exit_ok, help_text(app), "");
  } else if (!given.positional.empty()) {
    leave(line, exit_ok, "", app.help());
  } else if (given.version) {
    leave(line, exit_ok, "treatyd version: " + std::string{version()} + "\n", "");
  } else if (given.reset) {
    leave(line, exit_usage, "", reset_refused);
  } else if (given.check_config) {
    line.what = command::check_config;
  }
  return line;
}

}  // namespace treaty
