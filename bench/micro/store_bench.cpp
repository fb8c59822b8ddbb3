// What do large batches, lists and expiry cost in RocksDB (commit_bench.cpp has the stages of a request)? CPU time
// counts the whole process, because RocksDB's background work is part of the price.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/micro/store_load.hpp"
#include "tests/kit/store_kit.hpp"

namespace treaty {
namespace {

using micro::commit_all;
using micro::make_creations;
using micro::make_finish;
using micro::with_history;

enum class phase : std::uint8_t { create, finish, finish_with_history };

/// One iteration is `waiters` transactions, created in one commit and finished in the next; one of the two is measured.
void run_commits(benchmark::State& bench, phase measured) {
  const auto waiters = static_cast<std::size_t>(bench.range(0));
  const durability d = bench.range(1) != 0 ? durability::synced : durability::buffered;
  const micro::scratch_store opened;
  if (!opened.complaint().empty()) return bench.SkipWithError(opened.complaint().c_str());
  store& store = *opened;
  std::uint64_t number = 0;
  for (auto _ : bench) {
    bench.PauseTiming();
    const auto creations = make_creations(store, waiters, number);
    std::vector<write_set> finishes;
    for (const auto& set : creations)
      finishes.push_back(make_finish(set, with_history{measured == phase::finish_with_history}));
    if (measured != phase::create) commit_all(store, creations, durability::buffered);
    bench.ResumeTiming();
    if (!commit_all(store, measured == phase::create ? creations : finishes, d)) bench.SkipWithError("not committed");
    bench.PauseTiming();
    if (measured == phase::create) commit_all(store, finishes, durability::buffered);
    bench.ResumeTiming();
  }
  bench.SetItemsProcessed(bench.iterations() * bench.range(0));
  bench.counters["cpu_per_record"] = benchmark::Counter(static_cast<double>(bench.iterations() * bench.range(0)),
                                                        benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void BM_CommitCreations(benchmark::State& bench) {
  run_commits(bench, phase::create);
}
void BM_CommitFinishes(benchmark::State& bench) {
  run_commits(bench, phase::finish);
}
void BM_CommitFinishesWithHistory(benchmark::State& bench) {
  run_commits(bench, phase::finish_with_history);
}
BENCHMARK(BM_CommitCreations)
    ->ArgsProduct({{1, 16, 64, 256, 1024}, {1, 0}})
    ->ArgNames({"waiters", "synced"})
    ->MeasureProcessCPUTime();
BENCHMARK(BM_CommitFinishes)
    ->ArgsProduct({{1, 16, 64, 256, 1024}, {1, 0}})
    ->ArgNames({"waiters", "synced"})
    ->MeasureProcessCPUTime();

BENCHMARK(BM_CommitFinishesWithHistory)
    ->ArgsProduct({{1, 16, 64, 256, 1024}, {1, 0}})
    ->ArgNames({"waiters", "synced"})
    ->MeasureProcessCPUTime();

/// The life of a transaction as the coordinator writes it, both writes synced, nothing paused: what a core can carry.
void BM_WholeLife(benchmark::State& bench) {
  const auto waiters = static_cast<std::size_t>(bench.range(0));
  const micro::scratch_store opened;
  if (!opened.complaint().empty()) return bench.SkipWithError(opened.complaint().c_str());
  std::uint64_t number = 0;
  for (auto _ : bench) {
    const auto creations = make_creations(*opened, waiters, number);
    if (!commit_all(*opened, creations, durability::synced)) bench.SkipWithError("not created");
    std::vector<write_set> finishes;
    for (const auto& set : creations) finishes.push_back(make_finish(set, with_history{bench.range(1) != 0}));
    if (!commit_all(*opened, finishes, durability::synced)) bench.SkipWithError("not finished");
  }
  bench.SetItemsProcessed(bench.iterations() * bench.range(0));
}
BENCHMARK(BM_WholeLife)
    ->ArgsProduct({{64, 256}, {0, 1}})
    ->ArgNames({"waiters", "history"})
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->MinTime(5);

enum class filter : std::uint8_t { gid_prefix, destination };

/// A list that finds nothing among 40,000: what does one that does not match cost?
void run_list(benchmark::State& bench, filter by) {
  constexpr std::size_t batches = 160;
  constexpr std::size_t batch_size = 250;
  const micro::scratch_store opened;
  if (!opened.complaint().empty()) return bench.SkipWithError(opened.complaint().c_str());
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < batches; ++i) {
    commit_all(*opened, make_creations(*opened, batch_size, number), durability::buffered);
  }
  list_query query;
  (by == filter::gid_prefix ? query.gid_prefix : query.destination) = "nowhere";
  for (auto _ : bench) {
    query.after.clear();
    do {
      const auto page = opened->list(query);
      if (!page || !page->records.empty()) return bench.SkipWithError("not an empty page");
      query.after = page->next;
    } while (!query.after.empty());
  }
  bench.SetItemsProcessed(bench.iterations() * static_cast<std::int64_t>(batches * batch_size));
}
void BM_ListByGidPrefix(benchmark::State& bench) {
  run_list(bench, filter::gid_prefix);
}
void BM_ListByDestination(benchmark::State& bench) {
  run_list(bench, filter::destination);
}
BENCHMARK(BM_ListByGidPrefix);
BENCHMARK(BM_ListByDestination);

/// Removing what has ended, with some that never end in between; each round creates, ends and removes 20,000.
void BM_Expire(benchmark::State& bench) {
  constexpr std::size_t batches = 80;
  constexpr std::size_t batch_size = 250;
  const micro::scratch_store opened;
  if (!opened.complaint().empty()) return bench.SkipWithError(opened.complaint().c_str());
  std::uint64_t number = 0;
  std::size_t removed = 0;
  for (auto _ : bench) {
    bench.PauseTiming();
    for (std::size_t i = 0; i < batches; ++i) {
      const auto creations = make_creations(*opened, batch_size, number);
      std::vector<write_set> finishes;
      for (const auto& set : creations) finishes.push_back(make_finish(set, with_history{bench.range(0) != 0}));
      finishes.pop_back();
      commit_all(*opened, creations, durability::buffered);
      commit_all(*opened, finishes, durability::buffered);
    }
    bench.ResumeTiming();
    const auto count = opened->expire(kit::moment(1'000'000'000), batches * batch_size);
    if (!count || *count != batches * (batch_size - 1)) bench.SkipWithError("not all of them expired");
    removed += count ? *count : 0;
  }
  bench.SetItemsProcessed(static_cast<std::int64_t>(removed));
}
BENCHMARK(BM_Expire)->Arg(0)->Arg(1)->ArgName("history")->MeasureProcessCPUTime()->Iterations(10);

}  // namespace
}  // namespace treaty
