#include "storage/rocksdb/tuning.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>

#include <algorithm>

#include "storage/keys.hpp"
#include "storage/rocksdb/database_log.hpp"
#include "storage/rocksdb/insert_hint.hpp"

namespace treaty {
namespace {

constexpr std::size_t small_buffer_bytes = 4ULL << 20;
constexpr double bloom_share = 0.1;  // of a memtable, for its filter
constexpr std::size_t file_bytes = 8ULL << 20;
constexpr std::size_t tombstone_window = 16 * 1024;
constexpr std::size_t tombstones_in_window = 8 * 1024;

rocksdb::BlockBasedTableOptions tune_table(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;  // or they would be memory outside of every limit
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.block_size = 8 * 1024;
  table.format_version = 5;
  return table;
}

std::size_t buffer_bytes(family one, std::size_t total) {
  switch (one) {
    case family::transactions:
      return total / 3;
    case family::progress:
      return total / 6;
    case family::branches:
    case family::history:
      return total / 6;
    case family::gids:  // random keys: a small skip list stays in the processor's cache
    case family::due:
    case family::ended:
      return std::max(total / 12, small_buffer_bytes / 4);
    case family::open:  // a list wades through what has ended since the last flush
      return std::max(total / 24, small_buffer_bytes / 4);
    case family::kv:
    case family::meta:
      return std::min(total / 12, small_buffer_bytes);
  }
  return small_buffer_bytes;
}

/// Rows and times grow; in `due` they do so within each shard, in `open` and `ended` within each class.
std::shared_ptr<insert_hint> tune_hint(family one, const insert_hint::flag& replayed) {
  switch (one) {
    case family::transactions:
    case family::progress:
      return std::make_shared<insert_hint>(sizeof(keys::row_key), 1, replayed);
    case family::branches:
    case family::history:
      return std::make_shared<insert_hint>(sizeof(keys::branch_key), 1, replayed);
    case family::open:
    case family::ended:
      return std::make_shared<insert_hint>(sizeof(keys::listed_key), 1, replayed);
    case family::due:
      return std::make_shared<insert_hint>(sizeof(keys::due_key), sizeof(shard_id), replayed);
    case family::gids:
    case family::kv:
    case family::meta:
      break;
  }
  return nullptr;
}

/// What is new goes next to what came before it, in the middle of a family: behind the rows so far, or at the end of a
/// class. Each merge rewrites the file there, which is therefore small.
void tune_compaction(family one, rocksdb::ColumnFamilyOptions& tuned) {
  tuned.target_file_size_base = file_bytes;
  tuned.target_file_size_multiplier = 2;  // of each level below: a large store has not too many files
  // New gids, and new due entries of all shards, lie among all there are, and each merge rewrites much of the family.
  // So there are few merges: entries of `due` mostly vanish before, and only a start reads them in order; a look-up of
  // a gid asks the filter of each new file.
  if (one == family::due || one == family::gids) {
    tuned.level0_file_num_compaction_trigger = one == family::due ? 16 : 8;
    tuned.level0_slowdown_writes_trigger = 40;
    tuned.level0_stop_writes_trigger = 60;
  }
}

}  // namespace

std::shared_ptr<rocksdb::Cache> make_cache(const rocksdb_options& options) {
  constexpr int shard_bits = 3;  // few threads read; a shard must hold the largest blocks, whole indexes of files
  return rocksdb::NewLRUCache(options.block_cache_bytes, shard_bits);
}

rocksdb::DBOptions tune_database(const rocksdb_options& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.max_open_files = options.open_files_max;
  db.max_background_jobs = 2;
  db.db_write_buffer_size = options.write_buffer_bytes;
  db.max_total_wal_size = options.log_bytes_max;
  db.allow_concurrent_memtable_write = false;
  db.bytes_per_sync = 1 << 20;  // compaction writes a little at a time, so that a log sync does not wait behind it
  db.info_log = std::make_shared<database_log>();
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  // What a start replays is flushed to synced files before anybody reads it: a record that was written and never
  // synced before a crash must not be acted on and then be lost in a power failure.
  db.avoid_flush_during_recovery = false;
  db.avoid_flush_during_shutdown = true;  // the log has it all
  // RocksDB recycles no log files in this mode (it turns the option off without a word), and in the other modes a
  // damaged log looks like a short one. What it would drop is judged before (log_check.hpp).
  db.wal_recovery_mode = log_recovery_mode;
  return db;
}

rocksdb::ColumnFamilyOptions tune_retired(const rocksdb_options& options,
                                          const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions tuned;
  tuned.write_buffer_size = buffer_bytes(family::ended, options.write_buffer_bytes);
  tuned.table_factory.reset(rocksdb::NewBlockBasedTableFactory(tune_table(cache)));
  return tuned;
}

rocksdb::ColumnFamilyOptions tune_family(family one, const rocksdb_options& options,
                                         const std::shared_ptr<rocksdb::Cache>& cache,
                                         const std::shared_ptr<const std::atomic<bool>>& replayed) {
  rocksdb::ColumnFamilyOptions tuned;
  auto table = tune_table(cache);
  tuned.write_buffer_size = buffer_bytes(one, options.write_buffer_bytes);
  tuned.max_write_buffer_number = 4;
  tuned.level_compaction_dynamic_level_bytes = true;
  tuned.compression = rocksdb::kLZ4Compression;
  tuned.compression_per_level = {rocksdb::kNoCompression, rocksdb::kNoCompression, rocksdb::kLZ4Compression};
  if (one == family::gids) {
    // Most look-ups are for gids that are new: the answer "not here" must not cost a read of each level.
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    // In parts of a few KB: the filter of a whole file has megabytes, which a part of the cache does not even hold, and
    // each look-up would read it again.
    table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    table.partition_filters = true;
    // The same for what is still in memory; a hash table would do it, too, but not give gids in order.
    tuned.memtable_whole_key_filtering = true;
    tuned.memtable_prefix_bloom_size_ratio = bloom_share;
  }
  tuned.memtable_insert_with_hint_prefix_extractor = tune_hint(one, replayed);
  tune_compaction(one, tuned);
  if (one == family::open || one == family::ended) {
    // Entries here live briefly; a file that is mostly tombstones is compacted before scans have to wade through it.
    tuned.table_properties_collector_factories.push_back(
        rocksdb::NewCompactOnDeletionCollectorFactory(tombstone_window, tombstones_in_window));
  }
  tuned.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return tuned;
}

}  // namespace treaty
