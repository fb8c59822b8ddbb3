// How fast is the machine just now? Fixed work that has nothing to do with Treaty: bench/micro.py divides by it, so
// that reports of two machines, or of one with other neighbours, can be compared. Never change what is done here.
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "bench/micro/measure.hpp"

namespace treaty {
namespace {

std::uint64_t next_random(std::uint64_t& state) {  // xorshift64*
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545F4914F6CDD1DULL;
}

/// Arithmetic in registers, with branches that cannot be foreseen.
void calibration_cpu(benchmark::State& bench) {
  constexpr int rounds = 1'000;
  std::uint64_t state = 88'172'645'463'325'252ULL;
  const micro::measured_part measured{bench, rounds};
  for (auto _ : bench) {
    std::uint64_t odd = 0;
    for (int i = 0; i < rounds; ++i) {
      const std::uint64_t drawn = next_random(state);
      if ((drawn >> 63) != 0) odd += drawn % 1'021;
    }
    benchmark::DoNotOptimize(odd);
  }
}
BENCHMARK(calibration_cpu)->Name("calibration/cpu");

/// One circle through all of 64 MiB, in an order that no cache foresees.
std::vector<std::uint32_t> circle() {
  constexpr std::size_t places = std::size_t{64} << 18;  // of four bytes each
  std::vector<std::uint32_t> order(places);
  std::iota(order.begin(), order.end(), 0U);
  std::uint64_t state = 88'172'645'463'325'252ULL;
  for (std::size_t last = places - 1; last > 0; --last) std::swap(order[last], order[next_random(state) % last]);
  return order;  // Sattolo's shuffle: a permutation that is one circle
}

/// Reads that each wait for the one before.
void calibration_memory(benchmark::State& bench) {
  constexpr int reads = 1'000;
  static const std::vector<std::uint32_t> next = circle();
  std::uint32_t at = 0;
  const micro::measured_part measured{bench, reads};
  for (auto _ : bench) {
    for (int i = 0; i < reads; ++i) at = next[at];
    benchmark::DoNotOptimize(at);
  }
}
BENCHMARK(calibration_memory)->Name("calibration/memory");

}  // namespace
}  // namespace treaty
