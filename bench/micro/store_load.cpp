#include "bench/micro/store_load.hpp"

#include <utility>

#include "tests/kit/store_kit.hpp"

namespace treaty::micro {

std::string make_gid(std::uint64_t number) {
  const std::uint64_t mixed = (number + 1) * 0x9e3779b97f4a7c15ULL;
  return std::to_string(mixed ^ (mixed >> 29));
}

write_set make_creation(std::uint64_t number, record_id row) {
  const auto created = kit::moment(0) + std::chrono::microseconds{number};
  return kit::creation(kit::make_saga(make_gid(number), steps, payload_bytes, created), row);
}

write_set make_finish(const write_set& created, with_history told) {
  write_set set = kit::finishing(created, txn_status::succeed, created.progress.due);
  if (told == with_history::no) return set;
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

std::vector<write_set> make_creations(store& store, std::size_t count, std::uint64_t& number) {
  std::vector<write_set> sets;
  sets.reserve(count);
  for (std::size_t i = 0; i < count; ++i, ++number) sets.push_back(make_creation(number, store.next_row()));
  return sets;
}

std::vector<write_set> make_finishes(const std::vector<write_set>& creations, with_history told) {
  std::vector<write_set> sets;
  sets.reserve(creations.size());
  for (const write_set& one : creations) sets.push_back(make_finish(one, told));
  return sets;
}

bool commit_all(store& store, const std::vector<write_set>& sets, durability d) {
  for (const auto& one : store.commit(sets, d)) {
    if (!one) return false;
  }
  return true;
}

void scratch_store::open() {
  rocksdb_options options;
  options.path = (directory_.path() / "store").string();
  auto opened = open_rocksdb_store(options);
  if (!opened) {
    complaint_ = opened.error().detail;
    return;
  }
  store_ = *std::move(opened);
}

}  // namespace treaty::micro
