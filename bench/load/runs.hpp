#pragma once

#include "bench/load/report.hpp"

namespace treaty::load {

/// Each runs its profile to the end. Blocks; throws std::runtime_error when it cannot start.
load_report run_transactions(const load_options& options);
load_report run_floor(const load_options& options);
load_report run_refuse(const load_options& options);
load_report run_overload(const load_options& options);
load_report run_soak(const load_options& options);

}  // namespace treaty::load
