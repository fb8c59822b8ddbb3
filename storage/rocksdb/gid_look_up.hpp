#pragma once

#include <rocksdb/slice.h>
#include <rocksdb/status.h>

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/model/write_set.hpp"
#include "storage/codec.hpp"
#include "storage/rocksdb/database.hpp"

namespace treaty {

/// Whether the store holds the gids of write sets that expect none, asked for a whole commit at once: RocksDB then
/// takes its memory, its files and their filters into its hands once, and not for each gid. Threads: one.
class gid_look_up {
public:
  explicit gid_look_up(database& db) : db_{db} {}

  /// Asks for all sets that expect no record.
  void ask(std::span<const write_set> writes);
  /// What is stored of the gid of set `index` of the last `ask`; none: it is new. Errors: unavailable; corrupt.
  result<std::optional<codec::gid_entry>> answer(std::size_t index) const;

private:
  void let_go();
  void make_room();

  database& db_;
  // Kept from call to call for their memory.
  std::vector<std::uint32_t> places_;  // of each set in what follows; meaningless where a record is expected
  std::vector<rocksdb::Slice> gids_;
  std::vector<rocksdb::Status> statuses_;
  std::unique_ptr<rocksdb::PinnableSlice[]> values_;  // as many as statuses
};

}  // namespace treaty
