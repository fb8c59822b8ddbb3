// treaty-storm: the long form of the kill storm. See tests/README.md, "crash".
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include "tests/crash/storm.hpp"

namespace {

using namespace treaty::crash;
using steady = std::chrono::steady_clock;

constexpr std::chrono::minutes patience{15};    // a machine that does something else for minutes is no violation
constexpr std::uint64_t kills_of_a_round = 50;  // keeps ledgers small, and every round begins with an empty store

struct command {
  std::uint64_t kills = 500;
  std::uint64_t seed = std::random_device{}();
  kill_kinds kinds = kill_kinds::both;
};

[[noreturn]] void explain(int code) {
  std::cerr << "treaty-storm [--kills N] [--seed N] [--only random|points]\n";
  std::exit(code);
}

command read(int argc, char** argv) {
  command out;
  for (int at = 1; at < argc; at += 2) {
    const std::string name = argv[at];
    if (at + 1 >= argc) explain(name == "--help" ? 0 : 2);
    const std::string value = argv[at + 1];
    if (name == "--kills") {
      out.kills = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--seed") {
      out.seed = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--only" && (value == "random" || value == "points")) {
      out.kinds = value == "random" ? kill_kinds::random : kill_kinds::points;
    } else {
      explain(2);
    }
  }
  return out;
}

void print(const storm_report& all, double seconds) {
  std::cout << all.kills() << " kills (" << all.random_kills + all.points_missed << " at random, "
            << all.kills() - all.random_kills - all.points_missed << " at points), " << all.transactions
            << " transactions, " << all.acknowledged << " acknowledged, " << all.calls << " branch calls, "
            << all.violations.size() << " violations, settled within " << all.settled_max.count() << " ms, " << seconds
            << " s" << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  const command what = read(argc, argv);
  const auto began = steady::now();
  const auto seconds = [&] { return std::chrono::duration<double>(steady::now() - began).count(); };
  storm_report all;
  for (std::uint64_t seed = what.seed; all.kills() < what.kills && all.violations.empty(); ++seed) {
    std::cout << "seed " << seed << ": " << std::flush;
    const std::uint64_t kills = std::min(kills_of_a_round, what.kills - all.kills());
    const storm_report one = storm_round({.treatyd = TREATYD_BINARY,
                                          .treatyd_crash = TREATYD_CRASH_BINARY,
                                          .seed = seed,
                                          .kills = kills,
                                          .kinds = what.kinds,
                                          .patience = patience});
    print(one, seconds());
    for (const std::string& violation : one.violations) std::cout << "VIOLATION " << violation << "\n";
    all.add(one);
  }
  std::cout << "all: ";
  print(all, seconds());
  for (const auto& [name, count] : all.ends) std::cout << "  " << name << " " << count << "\n";
  for (const auto& [name, count] : all.point_kills) std::cout << "  killed at " << name << " " << count << "\n";
  return all.violations.empty() ? 0 : 1;
}
