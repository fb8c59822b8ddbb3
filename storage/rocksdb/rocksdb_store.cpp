#include "storage/rocksdb/rocksdb_store.hpp"

#include <rocksdb/snapshot.h>

#include <mutex>
#include <optional>

#include "storage/keys.hpp"
#include "storage/rocksdb/commit_path.hpp"
#include "storage/rocksdb/database.hpp"
#include "storage/rocksdb/fair_mutex.hpp"
#include "storage/rocksdb/health_monitor.hpp"
#include "storage/rocksdb/kv_table.hpp"
#include "storage/rocksdb/lister.hpp"
#include "storage/rocksdb/reader.hpp"
#include "storage/rocksdb/sweeper.hpp"

namespace treaty {
namespace {

class rocksdb_store final : public store {
public:
  rocksdb_store(std::unique_ptr<database> db, std::shared_ptr<health_monitor> monitor, std::size_t young_max)
      : db_{std::move(db)}, monitor_{std::move(monitor)}, writes_{*db_, *monitor_, young_max} {
    monitor_->watch(**db_, write_lock_);
  }
  ~rocksdb_store() override {
    monitor_->stop();
    // Buffered writes get their sync here. Not after a failure: RocksDB ends the process over a log that failed before.
    if (monitor_->serving()) (*db_)->SyncWAL().PermitUncheckedError();
  }

  result<void> start() { return writes_.start(); }

  record_id next_row() override { return writes_.next_row(); }
  std::vector<result<void>> commit(std::span<const write_set> writes, durability d) override {
    const std::lock_guard lock{write_lock_};
    auto results = writes_.commit(writes, d);
    for (const keys::listed_key& key : writes_.ended()) sweeper_.expect(key.view());
    return results;
  }
  result<txn_record> load(const gid& id) const override { return reader_.load(id); }
  result<std::vector<history_page>> load_history(const gid& id) const override { return reader_.load_history(id); }
  result<due_page> due(const due_query& query) const override {
    {
      const std::lock_guard lock{write_lock_};
      writes_.file_young();
    }
    return reader_.due(query);
  }
  result<list_page> list(const list_query& query) const override {
    std::vector<young_entry> young;
    std::optional<rocksdb::ManagedSnapshot> snapshot;
    ended_floors floors;
    {
      const std::lock_guard lock{write_lock_};  // all of one moment
      young = writes_.young();
      floors = sweeper_.floors();
      snapshot.emplace(&**db_);
    }
    rocksdb::ReadOptions how;
    how.snapshot = snapshot->snapshot();
    return lister_.list(query, how, young, floors);
  }
  result<std::size_t> expire(time_point finished_before, std::size_t limit) override {
    auto removed = sweeper_.expire(finished_before, limit);
    if (removed) expired_.fetch_add(*removed, std::memory_order_relaxed);
    return removed;
  }
  result<void> put_kv(const kv_record& record, std::uint64_t expected) override { return kv_.put(record, expected); }
  result<void> delete_kv(const std::string& category, const std::string& key) override {
    return kv_.remove(category, key);
  }
  result<kv_record> load_kv(const std::string& category, const std::string& key) const override {
    return kv_.load(category, key);
  }
  result<kv_page> list_kv(const kv_query& query) const override { return kv_.list(query); }
  store_health health() const override { return monitor_->health(); }
  store_figures figures() const override {
    return {writes_.syncs(), writes_.bytes_written(), expired_.load(std::memory_order_relaxed)};
  }

  store_footprint footprint() const override { return db_->footprint(); }

private:
  std::unique_ptr<database> db_;
  std::shared_ptr<health_monitor> monitor_;  // RocksDB keeps the other share
  mutable fair_mutex write_lock_;            // a guard is checked and its write applied under it
  mutable commit_path writes_;
  reader reader_{*db_};
  lister lister_{*db_, reader_};
  sweeper sweeper_{*db_, writes_, write_lock_};
  kv_table kv_{*db_, writes_, *monitor_, write_lock_};
  std::atomic<std::uint64_t> expired_{0};
};

}  // namespace

result<std::unique_ptr<store>> open_rocksdb_store(const rocksdb_options& options) {
  auto monitor = std::make_shared<health_monitor>();
  TREATY_TRY(auto db, database::open(options, monitor));
  auto opened = std::make_unique<rocksdb_store>(std::move(db), std::move(monitor), options.young_records_max);
  if (auto started = opened->start(); !started) {
    const failure& why = started.error();
    if (why.code == errc::corrupt) return damaged_store(options.path, why.detail);
    const store_health health = opened->health();  // knows more of a write that has failed
    return failure{errc::unavailable,
                   options.path + ": " + (health.state == store_state::serving ? why.detail : health.detail)};
  }
  return std::unique_ptr<store>{std::move(opened)};
}

}  // namespace treaty
