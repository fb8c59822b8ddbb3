#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

namespace treaty::micro {

/// How often this process has asked for memory: malloc, calloc, realloc and every operator new, of all threads and
/// libraries (allocations.cpp).
std::uint64_t allocations();

/// The measured part of a benchmark's loop, which handles `items_each` items in one iteration. Declare it right before
/// the loop. At its end it reports items and `allocations` for each item.
class measured_part {
public:
  measured_part(benchmark::State& bench, std::int64_t items_each) : bench_{bench}, items_each_{items_each} {}
  measured_part(const measured_part&) = delete;
  measured_part& operator=(const measured_part&) = delete;
  ~measured_part() {
    counted_ += allocations() - begin_;
    const auto items = bench_.iterations() * items_each_;
    bench_.SetItemsProcessed(items);
    bench_.counters["allocations"] = static_cast<double>(counted_) / static_cast<double>(items);
  }

  /// What comes next is not measured. Takes some hundred nanoseconds itself, so let an iteration have many items.
  void pause() {
    bench_.PauseTiming();
    counted_ += allocations() - begin_;
  }
  void resume() {
    begin_ = allocations();
    bench_.ResumeTiming();
  }

private:
  benchmark::State& bench_;
  const std::int64_t items_each_;
  std::uint64_t counted_ = 0;
  std::uint64_t begin_ = allocations();
};

}  // namespace treaty::micro
