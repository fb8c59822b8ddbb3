// What does the store cost: a batch of write sets on its way into RocksDB, with and without a sync, and what is read of
// it? CPU time counts the whole process, because RocksDB's background work is part of the price.
#include <string>
#include <vector>

#include "bench/micro/measure.hpp"
#include "bench/micro/store_load.hpp"
#include "storage/memory/memory_store.hpp"
#include "tests/kit/store_kit.hpp"

namespace treaty {
namespace {

enum class phase : std::uint8_t { create, finish };

/// One iteration is a batch of transactions, created in one commit and finished in the next; one of the two is
/// measured.
void run_commits(benchmark::State& bench, store& kept, phase measured_phase) {
  const auto batch = static_cast<std::size_t>(bench.range(0));
  const durability d = bench.range(1) != 0 ? durability::synced : durability::buffered;
  std::uint64_t number = 0;
  bool ok = true;
  micro::measured_part measured{bench, bench.range(0)};
  for (auto _ : bench) {
    measured.pause();
    const auto creations = micro::make_creations(kept, batch, number);
    const auto finishes = micro::make_finishes(creations, micro::with_history::yes);
    if (measured_phase == phase::finish) ok &= micro::commit_all(kept, creations, durability::buffered);
    measured.resume();
    ok &= micro::commit_all(kept, measured_phase == phase::create ? creations : finishes, d);
    measured.pause();
    if (measured_phase == phase::create) ok &= micro::commit_all(kept, finishes, durability::buffered);
    measured.resume();
    if (!ok) bench.SkipWithError("not committed");
  }
}

void commit_to_rocksdb(benchmark::State& bench, phase measured_phase) {
  const micro::scratch_store kept;
  if (!kept.complaint().empty()) return bench.SkipWithError(kept.complaint().c_str());
  run_commits(bench, *kept, measured_phase);
}

void create_in_rocksdb(benchmark::State& bench) {
  commit_to_rocksdb(bench, phase::create);
}
void finish_in_rocksdb(benchmark::State& bench) {
  commit_to_rocksdb(bench, phase::finish);
}
BENCHMARK(create_in_rocksdb)
    ->Name("store/create")
    ->ArgsProduct({{1, 16, 64}, {0, 1}})
    ->ArgNames({"batch", "synced"})
    ->MeasureProcessCPUTime();
BENCHMARK(finish_in_rocksdb)
    ->Name("store/finish")
    ->ArgsProduct({{1, 16, 64}, {0, 1}})
    ->ArgNames({"batch", "synced"})
    ->MeasureProcessCPUTime();

/// Both writes of a transaction in the store that forgets: what of actors/saga is the store's.
void life_in_memory(benchmark::State& bench) {
  const auto kept = make_memory_store();
  std::uint64_t number = 0;
  bool ok = true;
  micro::measured_part measured{bench, bench.range(0)};
  for (auto _ : bench) {
    measured.pause();
    const auto creations = micro::make_creations(*kept, static_cast<std::size_t>(bench.range(0)), number);
    const auto finishes = micro::make_finishes(creations, micro::with_history::yes);
    measured.resume();
    ok &= micro::commit_all(*kept, creations, durability::synced) &&
          micro::commit_all(*kept, finishes, durability::synced);
    if (!ok) bench.SkipWithError("not committed");
  }
}
BENCHMARK(life_in_memory)->Name("store/life_in_memory")->Arg(64)->ArgName("batch");

constexpr std::size_t kept_records = 20'000;

/// A store with transactions that have not ended, in files that have been read once; one for all benchmarks that only
/// read.
const micro::scratch_store& filled_store() {
  static const micro::scratch_store* const filled = [] {
    static micro::scratch_store made;
    constexpr std::size_t batch = 500;
    std::uint64_t number = 0;
    while (made.complaint().empty() && number < kept_records) {
      micro::commit_all(*made, micro::make_creations(*made, batch, number), durability::buffered);
    }
    if (made.complaint().empty()) made.open_again();
    for (number = 0; made.complaint().empty() && number < kept_records; ++number) {
      benchmark::DoNotOptimize(made->load(gid{micro::make_gid(number)}));
    }
    return &made;
  }();
  return *filled;
}

/// Numbers that jump about.
std::uint64_t next_number(std::uint64_t& last) {
  return last = (last + 40'503) % kept_records;
}

void look_for_new_gid(benchmark::State& bench) {
  const micro::scratch_store& kept = filled_store();
  if (!kept.complaint().empty()) return bench.SkipWithError(kept.complaint().c_str());
  std::uint64_t number = 0;
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    const auto found = kept->load(gid{micro::make_gid(kept_records + next_number(number))});
    if (found || found.error().code != errc::not_found) bench.SkipWithError("a new gid is known");
  }
}
BENCHMARK(look_for_new_gid)->Name("store/look_for_new_gid");

void load_parked(benchmark::State& bench) {
  const micro::scratch_store& kept = filled_store();
  if (!kept.complaint().empty()) return bench.SkipWithError(kept.complaint().c_str());
  std::uint64_t number = 0;
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    const auto found = kept->load(gid{micro::make_gid(next_number(number))});
    if (!found) bench.SkipWithError(found.error().detail.c_str());
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(load_parked)->Name("store/load_parked");

/// So short that no page ends early because its time is over.
void list_page(benchmark::State& bench) {
  const micro::scratch_store& kept = filled_store();
  if (!kept.complaint().empty()) return bench.SkipWithError(kept.complaint().c_str());
  list_query query;
  query.status = txn_status::submitted;
  query.limit = 20;
  const micro::measured_part measured{bench, 1};
  for (auto _ : bench) {
    const auto page = kept->list(query);
    if (!page || page->records.size() != query.limit) return bench.SkipWithError("not a full page");
    benchmark::DoNotOptimize(page);
  }
}
BENCHMARK(list_page)->Name("store/list_page_of_20");

}  // namespace
}  // namespace treaty
