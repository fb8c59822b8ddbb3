#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "storage/store.hpp"

namespace treaty {

/// The embedded store's directory and what it may use of the machine.
struct rocksdb_options {
  std::string path;
  std::size_t block_cache_bytes = 64ULL << 20;   // blocks, indexes and filters of files
  std::size_t write_buffer_bytes = 64ULL << 20;  // all memtables together
  std::uint64_t log_bytes_max = 256ULL << 20;    // write-ahead logs; bounds how long the next start replays
  int open_files_max = 512;
  std::size_t young_records_max = 4'096;  // unfinished ones that a start must look for (young_records.hpp)
};

/// Opens the store in `path`; makes the directory when there is none. Never deletes anything that is not its own.
///
/// Errors:  unavailable      another process has it open; the directory cannot be written; the device fails.
///          invalid_argument the directory holds something else.
///          unsupported      a store of a newer format: this build must not touch it.
///          corrupt          it is a store, and its files are damaged.
///          Every detail names the path.
/// Blocks:  replays the write-ahead log: seconds, bounded by `log_bytes_max`.
result<std::unique_ptr<store>> open_rocksdb_store(const rocksdb_options& options);

}  // namespace treaty
