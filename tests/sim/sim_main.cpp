#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "tests/sim/world.hpp"

namespace treaty::sim {
namespace {

constexpr std::string_view usage =
    "treaty-sim --seed N [--trace]      one world\n"
    "treaty-sim --seeds FIRST..LAST     many\n"
    "treaty-sim --find FIRST..LAST      many, until one finds something\n"
    "treaty-sim --fresh SECONDS         seeds that nobody has run, for as long\n";

struct plan_of_run {
  std::uint64_t first = 1;
  std::uint64_t last = 0;  // inclusive
  std::optional<std::chrono::seconds> limit;
  bool is_traced = false;
  std::uint64_t failures_at_most = 10;
};

std::atomic<std::uint64_t> current_seed{0};

void say_how_to_replay(std::uint64_t seed) {
  std::printf("replay: treaty-sim --seed %llu --trace\n", static_cast<unsigned long long>(seed));
}

/// An invariant of the coordinator is broken, and the process with it.
void on_abort(int) {
  say_how_to_replay(current_seed);
  std::fflush(stdout);
}

std::uint64_t fresh_seed() {
  std::random_device source;
  return (std::uint64_t{source()} << 20) | (source() & 0xfffffU);
}

std::optional<plan_of_run> parse(int count, char** words) {
  plan_of_run plan;
  if (count < 3) return std::nullopt;
  const std::string_view what = words[1];
  const std::string value = words[2];
  if (what == "--seed") {
    plan.first = plan.last = std::strtoull(value.c_str(), nullptr, 10);
    plan.is_traced = count > 3 && std::string_view{words[3]} == "--trace";
  } else if ((what == "--seeds" || what == "--find") && value.find("..") != std::string::npos) {
    plan.first = std::strtoull(value.c_str(), nullptr, 10);
    plan.last = std::strtoull(value.c_str() + value.find("..") + 2, nullptr, 10);
    if (what == "--find") plan.failures_at_most = 1;
  } else if (what == "--fresh") {
    plan.first = fresh_seed();
    plan.last = UINT64_MAX;
    plan.limit = std::chrono::seconds{std::strtoll(value.c_str(), nullptr, 10)};
  } else {
    return std::nullopt;
  }
  return plan;
}

/// Returns whether nothing was violated.
bool run_one(std::uint64_t seed, const plan_of_run& plan) {
  current_seed = seed;
  world one{seed, plan.is_traced};
  const auto& violations = one.run();
  if (plan.first == plan.last) {
    std::printf("seed %llu: %u lives, %llu steps, trace %016llx\n", static_cast<unsigned long long>(seed), one.lives(),
                static_cast<unsigned long long>(one.steps()), static_cast<unsigned long long>(one.trace_hash()));
  }
  if (violations.empty()) return true;
  for (const std::string& what : violations) std::printf("VIOLATION %s\n", what.c_str());
  say_how_to_replay(seed);
  return false;
}

int run(const plan_of_run& plan) {
  const auto began = std::chrono::steady_clock::now();
  std::uint64_t count = 0;
  std::uint64_t failed = 0;
  if (plan.limit) std::printf("fresh seeds from %llu\n", static_cast<unsigned long long>(plan.first));
  for (std::uint64_t seed = plan.first; seed <= plan.last && failed < plan.failures_at_most; ++seed) {
    if (plan.limit && std::chrono::steady_clock::now() - began >= *plan.limit) break;
    ++count;
    failed += run_one(seed, plan) ? 0 : 1;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::printf("%llu seeds, %llu with violations, %.1f s, %.0f a minute\n", static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(failed), seconds, static_cast<double>(count) * 60 / seconds);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace treaty::sim

int main(int count, char** words) {
  std::signal(SIGABRT, treaty::sim::on_abort);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const auto plan = treaty::sim::parse(count, words);
  if (!plan) {
    std::fputs(treaty::sim::usage.data(), stderr);
    return 2;
  }
  return treaty::sim::run(*plan);
}
