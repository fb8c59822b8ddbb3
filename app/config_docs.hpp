#pragma once

#include <string>

namespace treaty {

/// docs/configuration.md, made from the table of options.
std::string configuration_markdown();
/// deploy/treaty.sample.yaml, the same.
std::string sample_yaml();
/// The options part of --help.
std::string options_help();

}  // namespace treaty
