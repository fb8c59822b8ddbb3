#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace treaty {

enum class command : std::uint8_t { run = 1, check_config, leave /* print the texts and end */ };

struct command_line {
  command what = command::run;
  std::string config_file;  // empty: environment and defaults only
  bool debug = false;
  std::string ports_file;  // where the bound ports are written as JSON; empty: nowhere

  std::string out;  // for standard output
  std::string err;  // for standard error
  int exit_code = 0;
};

/// `arguments` without the program's name. Never fails: what is wrong becomes a text and an exit code
/// (docs/operations.md, "Command line").
command_line parse_command_line(std::vector<std::string> arguments);

}  // namespace treaty
