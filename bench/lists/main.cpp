// treaty-lists: how long do lists take when millions of transactions are kept? Fills a store, unless there is one, and
// asks the real coordinator on it. bench/README.md says more.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/lists/questions.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/http_client.hpp"
#include "tests/kit/treatyd_process.hpp"

namespace treaty::lists {
namespace {

namespace files = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using steady = std::chrono::steady_clock;

struct options {
  std::string treatyd;
  std::string directory;
  amounts held{10'000'000, 1'000'000};
  std::size_t rounds = 200;
  double limit_ms = 20;
  bool only_fill = false;
  std::string json_file;
};

struct figure {
  std::string name;
  double p50_ms = 0;
  double p99_ms = 0;
  double most_ms = 0;
  double records = 0;      // on a page, on average
  std::size_t led_on = 0;  // short pages that lead on
  std::size_t wrong = 0;   // no answer, or an empty page where there is something to be found
};

double milliseconds_since(steady::time_point begin) {
  return std::chrono::duration<double, std::milli>(steady::now() - begin).count();
}

time_point wall_clock() {
  return std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
}

double mebibytes_in(const files::path& directory) {
  double bytes = 0;
  for (const auto& entry : files::recursive_directory_iterator{directory})
    if (entry.is_regular_file()) bytes += static_cast<double>(entry.file_size());
  return bytes / (1 << 20);
}

/// The store of an earlier run serves again; what it holds stands beside it.
time_point filled(const files::path& directory, amounts& held) {
  const files::path note = directory / "filled.json";
  if (std::ifstream file{note}; file) {
    const json said = json::parse(file);
    held = {said["finished"], said["parked"]};
    return time_point{duration{said["newest"].get<std::int64_t>()}};
  }
  files::create_directories(directory);
  const time_point now = wall_clock();
  const auto begin = steady::now();
  if (const std::string why = fill((directory / "data").string(), held, now); !why.empty())
    throw std::runtime_error{"the store could not be filled: " + why};
  std::ofstream{note} << json{
      {"finished", held.finished}, {"parked", held.parked}, {"newest", now.time_since_epoch().count()}};
  fmt::print("filled in {:.0f} s: {:.0f} MiB\n", milliseconds_since(begin) / 1000, mebibytes_in(directory / "data"));
  return now;
}

double quantile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

figure ask(const question& what, std::uint16_t port, std::size_t rounds) {
  figure out{what.name};
  std::mt19937_64 random{7};
  std::vector<double> times;
  for (std::size_t round = 0; round < rounds; ++round) {
    const std::string target = what.target(random);
    const auto begin = steady::now();
    const auto answer = kit::get(port, target);
    times.push_back(milliseconds_since(begin));
    const json page = json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
    if (answer.status != 200 || !page.is_object()) {
      ++out.wrong;
      continue;
    }
    const std::size_t count = page["transactions"].size();
    const json& next = page.contains("next_cursor") ? page["next_cursor"] : page["next_position"];
    const bool leads_on = next.is_string() && !next.get<std::string>().empty();
    out.records += static_cast<double>(count) / static_cast<double>(rounds);
    out.led_on += leads_on && count < 50 ? 1 : 0;
    out.wrong += what.fills_its_page && leads_on && count < 50 ? 1 : 0;
  }
  std::sort(times.begin(), times.end());
  out.p50_ms = quantile(times, 0.5);
  out.p99_ms = quantile(times, 0.99);
  out.most_ms = times.back();
  return out;
}

json to_json(const figure& one) {
  return {{"name", one.name},       {"p50_ms", one.p50_ms}, {"p99_ms", one.p99_ms}, {"most_ms", one.most_ms},
          {"records", one.records}, {"led_on", one.led_on}, {"wrong", one.wrong}};
}

int run(options chosen) {
  const files::path directory{chosen.directory};
  const time_point newest = filled(directory, chosen.held);
  if (const std::string why = settle((directory / "data").string()); !why.empty()) throw std::runtime_error{why};
  if (chosen.only_fill) return 0;
  kit::treatyd_process coordinator{chosen.treatyd, directory, {.config = "LogLevel: warn\n", .start_limit = 1800s}};
  const auto begin = steady::now();
  coordinator.start();
  kit::eventually([&] { return kit::get(coordinator.http_port(), "/readyz").status == 200; }, 60s);
  const double ready_ms = milliseconds_since(begin);
  const long memory = std::lround(coordinator.resident_mib());
  fmt::print("{} finished, {} parked; ready after {:.2f} s; memory then {} MiB\n", chosen.held.finished,
             chosen.held.parked, ready_ms / 1000, memory);
  fmt::print("{:<34}{:>9}{:>9}{:>9}{:>9}{:>9}\n", "list", "p50 ms", "p99 ms", "most ms", "records", "led on");
  json report{{"finished", chosen.held.finished},
              {"parked", chosen.held.parked},
              {"ready_ms", ready_ms},
              {"memory_mib", memory}};
  std::size_t bad = 0;
  for (const question& what : all_questions(chosen.held, newest)) {
    const figure one = ask(what, coordinator.http_port(), chosen.rounds);
    fmt::print("{:<34}{:>9.2f}{:>9.2f}{:>9.2f}{:>9.1f}{:>9}{}\n", one.name, one.p50_ms, one.p99_ms, one.most_ms,
               one.records, one.led_on, one.wrong == 0 ? "" : fmt::format("  {} WRONG", one.wrong));
    bad += one.wrong + (one.p99_ms > chosen.limit_ms ? 1 : 0);
    report["lists"].push_back(to_json(one));
  }
  report["memory_then_mib"] = std::lround(coordinator.resident_mib());
  fmt::print("memory at the end {} MiB\n", std::lround(coordinator.resident_mib()));
  if (!chosen.json_file.empty()) std::ofstream{chosen.json_file} << report.dump(1) << '\n';
  coordinator.stop();
  if (bad != 0) fmt::print("{} were wrong or had a p99 over {} ms\n", bad, chosen.limit_ms);
  return bad == 0 ? 0 : 1;
}

}  // namespace
}  // namespace treaty::lists

int main(int argc, char** argv) {
  treaty::lists::options chosen;
  CLI::App program{"How long do lists take when millions of transactions are kept?"};
  program.add_option("--treatyd", chosen.treatyd, "The coordinator's binary")->required();
  program.add_option("--in", chosen.directory, "Keeps the store: filled once, used again")->required();
  program.add_option("--finished", chosen.held.finished, "Finished transactions");
  program.add_option("--parked", chosen.held.parked, "Transactions that wait for a retry, or for their client");
  program.add_option("--rounds", chosen.rounds, "How often each list is asked for")->check(CLI::Range(1, 1'000'000));
  program.add_option("--limit", chosen.limit_ms, "Fails when a p99 is over so many milliseconds");
  program.add_flag("--only-fill", chosen.only_fill, "Fills the store and asks nothing");
  program.add_option("--json", chosen.json_file, "The figures for programs");
  CLI11_PARSE(program, argc, argv);
  try {
    return treaty::lists::run(chosen);
  } catch (const std::exception& why) {
    fmt::print(stderr, "treaty-lists: {}\n", why.what());
    return 2;
  }
}
