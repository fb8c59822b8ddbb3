// What do record bytes and the commit path cost? A saga of two steps with payloads of 200 bytes; CPU time counts the
// whole process, because RocksDB's background work is part of the price.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <string>
#include <vector>

#include "storage/codec.hpp"
#include "storage/memory/memory_store.hpp"
#include "storage/rocksdb/rocksdb_store.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/store_kit.hpp"

namespace treaty {
namespace {

constexpr std::size_t steps = 2;
constexpr std::size_t payload_bytes = 200;

write_set make_set() {
  return kit::creation(kit::make_saga("4Vq9cZ8kH2mN7xT3", steps, payload_bytes, kit::moment(0)), 1);
}

void BM_EncodeDefinition(benchmark::State& bench) {
  const write_set set = make_set();
  std::string bytes;
  for (auto _ : bench) {
    codec::encode_definition(*set.definition, bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  bench.SetItemsProcessed(bench.iterations());
  bench.counters["bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(BM_EncodeDefinition);

void BM_DecodeDefinition(benchmark::State& bench) {
  std::string bytes;
  codec::encode_definition(*make_set().definition, bytes);
  for (auto _ : bench) {
    auto definition = codec::decode_definition(bytes);
    if (!definition) bench.SkipWithError("definition was not decoded");
    benchmark::DoNotOptimize(definition);
  }
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(BM_DecodeDefinition);

void BM_EncodeProgress(benchmark::State& bench) {
  const write_set set = kit::finishing(make_set(), txn_status::succeed, kit::moment(10));
  std::string bytes;
  for (auto _ : bench) {
    codec::encode_progress(set.progress, trans_type::saga, bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  bench.SetItemsProcessed(bench.iterations());
  bench.counters["bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(BM_EncodeProgress);

void BM_DecodeProgress(benchmark::State& bench) {
  std::string bytes;
  codec::encode_progress(kit::finishing(make_set(), txn_status::succeed, kit::moment(10)).progress, trans_type::saga,
                         bytes);
  for (auto _ : bench) {
    auto progress = codec::decode_progress(bytes);
    if (!progress) bench.SkipWithError("progress was not decoded");
    benchmark::DoNotOptimize(progress);
  }
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(BM_DecodeProgress);

/// What the end of such a saga tells: two calls and a decision.
write_set make_finish(const write_set& created, bool with_history) {
  write_set set = kit::finishing(created, txn_status::succeed, created.progress.due);
  if (!with_history) return set;
  set.progress.history_pages = 1;
  set.history.entries.resize(3);
  for (std::uint32_t i = 0; i < steps; ++i) {
    set.history.entries[i] = {.at = created.create_time + std::chrono::milliseconds{i + 1},
                              .outcome = call_outcome::success,
                              .leg = 2 * i + 1,
                              .took = std::chrono::microseconds{900 + i},
                              .text = R"({"dtm_result":"SUCCESS"})"};
  }
  set.history.entries[2] = {.at = created.create_time + std::chrono::milliseconds{3},
                            .kind = history_kind::decided,
                            .from = txn_status::submitted,
                            .to = txn_status::succeed};
  return set;
}

void BM_EncodeHistory(benchmark::State& bench) {
  const write_set set = make_finish(make_set(), true);
  std::string bytes;
  for (auto _ : bench) {
    codec::encode_history(set.history, bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  bench.SetItemsProcessed(bench.iterations());
  bench.counters["bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(BM_EncodeHistory);

void BM_DecodeHistory(benchmark::State& bench) {
  std::string bytes;
  codec::encode_history(make_finish(make_set(), true).history, bytes);
  for (auto _ : bench) {
    auto page = codec::decode_history(bytes, 0);
    if (!page) bench.SkipWithError("history was not decoded");
    benchmark::DoNotOptimize(page);
  }
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(BM_DecodeHistory);

/// Gids as newGid makes them: nothing of their order is known.
std::string make_gid(std::uint64_t number) {
  const std::uint64_t mixed = (number + 1) * 0x9e3779b97f4a7c15ULL;
  return std::to_string(mixed ^ (mixed >> 29));
}

/// Batches of new transactions, made outside of the measured time.
std::vector<write_set> make_creations(store& store, std::size_t count, std::uint64_t& number) {
  std::vector<write_set> sets;
  sets.reserve(count);
  for (std::size_t i = 0; i < count; ++i, ++number) {
    const auto created = kit::moment(0) + std::chrono::microseconds{number};
    sets.push_back(kit::creation(kit::make_saga(make_gid(number), steps, payload_bytes, created), store.next_row()));
  }
  return sets;
}

bool commit_all(store& store, const std::vector<write_set>& sets, durability d) {
  for (const auto& one : store.commit(sets, d)) {
    if (!one) return false;
  }
  return true;
}

enum class phase : std::uint8_t { create, finish, finish_with_history };

/// One iteration is `waiters` transactions, created in one commit and finished in the next; one of the two is measured.
void run_commits(benchmark::State& bench, phase measured) {
  const auto waiters = static_cast<std::size_t>(bench.range(0));
  const durability d = bench.range(1) != 0 ? durability::synced : durability::buffered;
  const kit::scratch_directory directory;
  rocksdb_options options;
  options.path = (directory.path() / "store").string();
  auto opened = open_rocksdb_store(options);
  if (!opened) return bench.SkipWithError(opened.error().detail.c_str());
  store& store = **opened;
  std::uint64_t number = 0;
  for (auto _ : bench) {
    bench.PauseTiming();
    const auto creations = make_creations(store, waiters, number);
    std::vector<write_set> finishes;
    for (const auto& set : creations) finishes.push_back(make_finish(set, measured == phase::finish_with_history));
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
  const kit::scratch_directory directory;
  rocksdb_options options;
  options.path = (directory.path() / "store").string();
  auto opened = open_rocksdb_store(options);
  if (!opened) return bench.SkipWithError(opened.error().detail.c_str());
  std::uint64_t number = 0;
  for (auto _ : bench) {
    const auto creations = make_creations(**opened, waiters, number);
    if (!commit_all(**opened, creations, durability::synced)) bench.SkipWithError("not created");
    std::vector<write_set> finishes;
    for (const auto& set : creations) finishes.push_back(make_finish(set, bench.range(1) != 0));
    if (!commit_all(**opened, finishes, durability::synced)) bench.SkipWithError("not finished");
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
  const kit::scratch_directory directory;
  rocksdb_options options;
  options.path = (directory.path() / "store").string();
  auto opened = open_rocksdb_store(options);
  if (!opened) return bench.SkipWithError(opened.error().detail.c_str());
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < batches; ++i) {
    commit_all(**opened, make_creations(**opened, batch_size, number), durability::buffered);
  }
  list_query query;
  (by == filter::gid_prefix ? query.gid_prefix : query.destination) = "nowhere";
  for (auto _ : bench) {
    query.after.clear();
    do {
      const auto page = (*opened)->list(query);
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
  const kit::scratch_directory directory;
  rocksdb_options options;
  options.path = (directory.path() / "store").string();
  auto opened = open_rocksdb_store(options);
  if (!opened) return bench.SkipWithError(opened.error().detail.c_str());
  std::uint64_t number = 0;
  std::size_t removed = 0;
  for (auto _ : bench) {
    bench.PauseTiming();
    for (std::size_t i = 0; i < batches; ++i) {
      const auto creations = make_creations(**opened, batch_size, number);
      std::vector<write_set> finishes;
      for (const auto& set : creations) finishes.push_back(make_finish(set, bench.range(0) != 0));
      finishes.pop_back();
      commit_all(**opened, creations, durability::buffered);
      commit_all(**opened, finishes, durability::buffered);
    }
    bench.ResumeTiming();
    const auto count = (*opened)->expire(kit::moment(1'000'000'000), batches * batch_size);
    if (!count || *count != batches * (batch_size - 1)) bench.SkipWithError("not all of them expired");
    removed += count ? *count : 0;
  }
  bench.SetItemsProcessed(static_cast<std::int64_t>(removed));
}
BENCHMARK(BM_Expire)->Arg(0)->Arg(1)->ArgName("history")->MeasureProcessCPUTime()->Iterations(10);

}  // namespace
}  // namespace treaty
