#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/load/compare.hpp"

namespace treaty::load {
namespace {

nlohmann::json read_report(const std::string& file) {
  std::ifstream in{file};
  return nlohmann::json::parse(in, nullptr, /*allow_exceptions=*/false);
}

/// Returns by how much the worst figure is worse.
double print(const std::vector<compared_figure>& all) {
  double worst = 0;
  fmt::print("{:32} {:>14} {:>14} {:>9}\n", "", "before", "after", "change");
  for (const compared_figure& one : all) {
    const double worse = one.worse_by();
    const char* const mark = worse > 0.05 ? "  worse" : worse < -0.05 ? "  better" : "";
    const double change = one.before == 0 ? 0 : 100 * (one.after - one.before) / one.before;
    fmt::print("{:32} {:>14.6g} {:>14.6g} {:>+8.1f}%{}\n", one.name, one.before, one.after, change, mark);
    worst = std::max(worst, worse);
  }
  return worst;
}

}  // namespace

int run_compare(int argc, char** argv) {
  std::string before_file;
  std::string after_file;
  double worse_than = 0;
  CLI::App app{"Compares two reports of treaty-bench --json", "treaty-bench compare"};
  app.add_option("before", before_file)->required()->check(CLI::ExistingFile);
  app.add_option("after", after_file)->required()->check(CLI::ExistingFile);
  auto* const limit = app.add_option("--worse-than", worse_than, "Fail when a figure is worse by more than so many %")
                          ->check(CLI::NonNegativeNumber);
  CLI11_PARSE(app, argc, argv);
  const nlohmann::json before = read_report(before_file);
  const nlohmann::json after = read_report(after_file);
  if (!before.is_object() || !after.is_object()) {
    fmt::print(stderr, "treaty-bench: {} is no report\n", before.is_object() ? after_file : before_file);
    return 2;
  }
  for (const std::string& one : differing_options(before, after)) fmt::print("measured differently: {}\n", one);
  const double worst = print(compare(before, after));
  return limit->count() > 0 && 100 * worst > worse_than ? 1 : 0;
}

}  // namespace treaty::load
