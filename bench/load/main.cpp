#include <fmt/core.h>

#include <cstdio>
#include <exception>
#include <string_view>

#include "bench/load/compare.hpp"
#include "bench/load/runs.hpp"

namespace {

treaty::load::load_report run(const treaty::load::load_options& options) {
  switch (options.what) {
    case treaty::load::profile::transactions:
      return run_transactions(options);
    case treaty::load::profile::floor:
      return run_floor(options);
    case treaty::load::profile::refuse:
      return run_refuse(options);
    case treaty::load::profile::overload:
      return run_overload(options);
    case treaty::load::profile::soak:
      return run_soak(options);
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view{argv[1]} == "compare") return treaty::load::run_compare(argc - 1, argv + 1);
  const auto options = treaty::load::parse_options(argc, argv);
  try {
    const auto report = run(options);
    print_text(report);
    if (!options.json_file.empty()) write_json(report, options.json_file);
    if (!options.html_file.empty()) write_html(report, options.html_file);
    return report.correct() ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "treaty-bench: {}\n", error.what());
    return 2;
  }
}
