#pragma once

#include "app/port_layers.hpp"

namespace treaty {

/// All that `treatyd` does, from its command line to its end; returns the exit code.
int run_daemon(int argc, char** argv, port_layers& layers);

}  // namespace treaty
