// How fast is the machine just now? Fixed work that has nothing to do with Treaty: bench/micro.py divides by it, so
// that reports of two machines, or of one with other neighbours, can be compared. Never change what is done here.
#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <string_view>
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

/// What most of our work is like: text taken apart, small strings, a tree, allocations. All of it stays in the caches.
/// Arithmetic alone would not do: it hardly feels a neighbour on the other half of its core, which costs this a third.
void calibration_cpu(benchmark::State& bench) {
  constexpr std::string_view text =
      "it was the best of times it was the worst of times it was the age of wisdom it was the age of foolishness "
      "it was the epoch of belief it was the epoch of incredulity it was the season of light it was the season of "
      "darkness it was the spring of hope it was the winter of despair ";
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    std::map<std::string, std::uint64_t> counts;
    std::string word;
    for (const char letter : text) {
      if (letter != ' ') {
        word += letter;
        continue;
      }
      counts["the word " + word] += word.size();
      word.clear();
    }
    std::string out;
    for (const auto& [name, count] : counts) out += name + '=' + std::to_string(count) + '\n';
    benchmark::DoNotOptimize(out.data());
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
