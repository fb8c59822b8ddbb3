#pragma once

#include <rocksdb/write_batch.h>

#include <atomic>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/rocksdb/database.hpp"
#include "storage/rocksdb/gid_look_up.hpp"
#include "storage/rocksdb/health_monitor.hpp"
#include "storage/rocksdb/young_records.hpp"
#include "storage/store.hpp"

namespace treaty {

/// From write sets to one batch and one write: checks the guards, encodes, writes, syncs.
/// Threads: one at a time; the store holds its write lock. `next_row` and `figures` from any.
class commit_path {
public:
  commit_path(database& db, health_monitor& monitor, std::size_t young_max)
      : db_{db}, monitor_{monitor}, young_{db, young_max}, gids_{db} {}

  /// Reads how far row numbers were handed out, and reserves the next ones. Once, before anything else.
  result<void> start();
  record_id next_row() noexcept { return next_row_.fetch_add(1, std::memory_order_relaxed); }

  std::vector<result<void>> commit(std::span<const write_set> writes, durability d);
  /// Makes entries in `open` and `due` for all records that have none yet. They go on having none when it fails.
  void file_young();
  std::vector<young_entry> young() { return young_.entries(); }
  /// The keys that the last commit put into the family `ended`, anywhere between those that are there.
  const std::vector<keys::listed_key>& ended() const noexcept { return ended_; }
  /// Writes what someone else has put together (expiry), without a sync of its own.
  result<void> write(rocksdb::WriteBatch& batch, durability d);

  std::uint64_t syncs() const noexcept { return syncs_.load(std::memory_order_relaxed); }
  std::uint64_t bytes_written() const noexcept { return bytes_written_.load(std::memory_order_relaxed); }

private:
  /// What the store holds of a gid, or will hold after the sets before this one.
  struct standing {
    treaty::revision revision = 0;
    record_id row = 0;
    trans_type type = trans_type::saga;
    txn_status status = txn_status::prepared;
    const write_set* ended_by = nullptr;  // of this call
  };

  /// Whether the record has no entries in `open` and `due`: until this write, and from it on.
  struct youth {
    bool was = false;
    bool is = false;
  };

  const std::vector<std::uint32_t>& by_row(std::span<const write_set> writes);
  result<void> add(std::span<const write_set> writes, std::size_t index);
  result<standing> find(const write_set& set, std::size_t index);
  result<standing> read_standing(const write_set& set);
  result<youth> note_young(const write_set& set, const standing& before, const standing& after);
  void put_record(const write_set& set, const standing& before, const standing& after);
  result<void> put_ending_apart(const write_set& set, const standing& before);
  void move_listed(const write_set& set, const standing& before, const standing& after, youth young);
  void put_branches(const write_set& set);
  void put_history(const history_page& page, record_id row);
  void move_due(const write_set& set, youth young);
  void put(family one, std::string_view key, std::string_view value);
  void reserve_rows();

  database& db_;
  health_monitor& monitor_;
  std::atomic<record_id> next_row_{1};
  young_records young_;
  gid_look_up gids_;
  record_id reserved_ = 1;  // in `meta`: rows below this may have been handed out
  std::atomic<std::uint64_t> syncs_{0};
  std::atomic<std::uint64_t> bytes_written_{0};

  // Kept from call to call for their memory.
  rocksdb::WriteBatch batch_;
  rocksdb::PinnableSlice value_;
  std::string bytes_;
  std::vector<std::uint32_t> order_;
  std::vector<keys::listed_key> ended_;
  std::unordered_map<std::string_view, standing> standings_;  // of this call; views into its write sets
  std::unordered_map<record_id, standing> recent_;            // what is stored of rows that have not ended
};

}  // namespace treaty
