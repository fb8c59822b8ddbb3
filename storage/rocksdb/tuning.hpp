#pragma once

#include <rocksdb/options.h>

#include <atomic>
#include <memory>

#include "storage/rocksdb/database.hpp"

namespace treaty {

// Why each setting: docs/storage-format.md, "Settings". Measured with bench/micro/store_bench.

/// Replay ends at the first gap: no write is kept whose predecessors were lost.
inline constexpr auto log_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;

/// For the blocks of all families.
std::shared_ptr<rocksdb::Cache> make_cache(const rocksdb_options& options);
rocksdb::DBOptions tune_database(const rocksdb_options& options);
/// `cache` and `replayed`, which turns true when the store is open, are shared by all families.
rocksdb::ColumnFamilyOptions tune_family(family one, const rocksdb_options& options,
                                         const std::shared_ptr<rocksdb::Cache>& cache,
                                         const std::shared_ptr<const std::atomic<bool>>& replayed);

/// Of the family that this build only reads and removes.
rocksdb::ColumnFamilyOptions tune_retired(const rocksdb_options& options, const std::shared_ptr<rocksdb::Cache>& cache);

}  // namespace treaty
