// Does a destination that hangs cost the others anything? Sagas to a healthy destination are timed while other sagas go
// to a neighbour that either answers or hangs, in turns, with a fresh coordinator each time: the same work for the
// machine, but for the hanging.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bench/isolation/clients.hpp"
#include "bench/isolation/peers.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/treatyd_process.hpp"

namespace {

using namespace treaty::isolation;
namespace kit = treaty::kit;

struct options {
  std::string treatyd;
  std::string config;
  std::string protocols = "both";
  std::size_t rounds = 5;
  double warm_up = 5;
  double seconds = 10;
  double rate = 200;
  double neighbour_rate = 300;
  double limit = 0;
};

struct figures {
  double p50_ms = 0;
  double p99_ms = 0;
  std::uint64_t sagas = 0;
  std::uint64_t failures = 0;
};

void sleep_for(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>{seconds});
}

figures run_round(const options& given, protocol speaks, manner neighbour) {
  const kit::scratch_directory scratch;
  kit::treatyd_process coordinator{given.treatyd, scratch.path(), {.config = "LogLevel: warn\n" + given.config}};
  coordinator.start();
  const peer healthy{speaks, manner::answers};
  const peer beside{speaks, neighbour};
  client_group others{{.port = coordinator.http_port(),
                       .url = beside.url(),
                       .name = "beside",
                       .what = waits_for::acceptance,
                       .per_second = given.neighbour_rate,
                       .clients = 4}};
  client_group timed{
      {.port = coordinator.http_port(), .url = healthy.url(), .name = "timed", .per_second = given.rate}};
  sleep_for(given.warm_up);
  timed.measure();
  sleep_for(given.seconds);
  timed.stop();
  others.stop();
  coordinator.kill();  // its backlog is nobody's business
  const auto latency = timed.latency();
  return {static_cast<double>(latency.at(0.5)) / 1e6, static_cast<double>(latency.at(0.99)) / 1e6, latency.count(),
          timed.failures()};
}

double median(std::vector<double> of) {
  std::sort(of.begin(), of.end());
  const std::size_t half = of.size() / 2;
  return of.size() % 2 == 1 ? of[half] : (of[half - 1] + of[half]) / 2;
}

void print(const char* neighbour, const figures& one) {
  fmt::print("  neighbour {:<8} {:>6} sagas  p50 {:>7.2f} ms  p99 {:>7.2f} ms  failed {}\n", neighbour, one.sagas,
             one.p50_ms, one.p99_ms, one.failures);
  std::fflush(stdout);
}

/// How many times the p99 with a healthy neighbour the p99 beside a hanging one is.
double compare(const options& given, protocol speaks) {
  std::vector<double> without;
  std::vector<double> with;
  fmt::print("{}: {:.0f} sagas a second to a healthy destination, {:.0f} to its neighbour\n", name_of(speaks),
             given.rate, given.neighbour_rate);
  for (std::size_t round = 0; round < given.rounds; ++round) {
    for (const bool hanging_first : {round % 2 == 1, round % 2 == 0}) {
      const figures one = run_round(given, speaks, hanging_first ? manner::hangs : manner::answers);
      (hanging_first ? with : without).push_back(one.p99_ms);
      print(hanging_first ? "hangs" : "answers", one);
    }
  }
  const double ratio = median(with) / median(without);
  fmt::print("{}: median p99 {:.2f} ms beside one that answers, {:.2f} ms beside one that hangs: {:.2f} times\n\n",
             name_of(speaks), median(without), median(with), ratio);
  return ratio;
}

std::optional<options> parse(int argc, char** argv, int& exit_code) {
  options out;
  CLI::App app{"Times sagas to a healthy destination beside one that answers and one that hangs, in turns."};
  app.add_option("--treatyd", out.treatyd, "The coordinator's binary.")->required()->check(CLI::ExistingFile);
  app.add_option("--config", out.config, "Further lines of its configuration.");
  app.add_option("--protocol", out.protocols, "http, grpc or both.")->check(CLI::IsMember{{"http", "grpc", "both"}});
  app.add_option("--rounds", out.rounds, "Pairs of runs.")->check(CLI::PositiveNumber);
  app.add_option("-w,--warm-up", out.warm_up, "Seconds before each measurement.");
  app.add_option("-d,--seconds", out.seconds, "Seconds of each measurement.");
  app.add_option("--rate", out.rate, "Timed sagas a second.")->check(CLI::PositiveNumber);
  app.add_option("--neighbour-rate", out.neighbour_rate, "The others a second.")->check(CLI::PositiveNumber);
  app.add_option("--limit", out.limit, "Exit with 1 when the p99 is more than this many times the other. 0: never.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    exit_code = app.exit(stop);
    return std::nullopt;
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto given = parse(argc, argv, exit_code);
  if (!given) return exit_code;
  try {
    double worst = 0;
    for (const protocol speaks : {protocol::http, protocol::grpc}) {
      if (given->protocols == "both" || given->protocols == name_of(speaks))
        worst = std::max(worst, compare(*given, speaks));
    }
    return given->limit > 0 && worst > given->limit ? 1 : 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "treaty-isolation: {}\n", error.what());
    return 2;
  }
}
