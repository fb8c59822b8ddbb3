#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/load_config.hpp"

namespace treaty {

/// Collects what a file said.
struct config_reading {
  loaded_config& into;
  std::string name;                 // of the file
  std::vector<std::string> errors;  // one a line
};

/// Reads a YAML document into `reading`; everything that is wrong with it becomes an error or a notice with its line.
void read_config_yaml(std::string_view yaml, config_reading& reading);

/// The option whose path is most like `path`; empty when none is near.
std::string_view nearest_option(std::string_view path);

}  // namespace treaty
