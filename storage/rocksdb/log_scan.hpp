#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.hpp"

namespace treaty {

/// What stands in one write-ahead log. Writes are numbered by RocksDB, without gaps, over all logs that are still
/// needed.
struct log_scan {
  struct damage {
    std::uint64_t offset = 0;        // of the first record that is not whole
    std::uint64_t bytes = 0;         // from there to the end of the file
    std::uint64_t whole_before = 0;  // writes
    std::uint64_t whole_behind = 0;
  };

  std::uint64_t number = 0;
  std::string file;
  std::uint64_t first = 0;  // number of the first write; 0: there is none
  std::uint64_t end = 0;    // behind the last write
  /// In front of it some are missing though no byte is damaged.
  std::optional<std::uint64_t> gap_before;
  std::optional<damage> damaged;
};

/// Reads a log in RocksDB's format: blocks of 32 KiB, records in fragments, each with its checksum. Behind damage it
/// looks for the next record that is whole. Errors: unavailable: the file cannot be read.
/// Blocks: reads the whole file.
result<log_scan> scan_log(std::uint64_t number, const std::string& file);

}  // namespace treaty
