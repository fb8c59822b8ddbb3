#pragma once

#include <memory>

#include "app/config.hpp"
#include "obs/log.hpp"

namespace treaty {

/// What the log's options say. Errors: invalid_argument.
result<log_options> log_options_of(const config& values);

/// Starts the log; `debug` lowers its level. Errors: as above, and an output that cannot be opened.
result<std::unique_ptr<logging>> start_log(const config& values, bool debug);

}  // namespace treaty
