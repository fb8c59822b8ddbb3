#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace treaty::load {

/// One figure of two runs.
struct compared_figure {
  std::string name;
  double before = 0;
  double after = 0;
  bool more_is_better = false;

  /// By what share of the figure before it is worse; negative: better.
  double worse_by() const;
};

/// What both reports (of --json) say; figures that one of them lacks are left out.
std::vector<compared_figure> compare(const nlohmann::json& before, const nlohmann::json& after);

/// What differs in how they were measured, so that they are hard to compare; empty: nothing.
std::vector<std::string> differing_options(const nlohmann::json& before, const nlohmann::json& after);

/// treaty-bench compare BEFORE.json AFTER.json [--worse-than PERCENT]: prints the comparison. Returns the exit code: 1
/// when a figure is worse by more than that, 2 when a file cannot be read.
int run_compare(int argc, char** argv);

}  // namespace treaty::load
