#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/kv_record.hpp"
#include "core/model/write_set.hpp"

namespace treaty {

enum class durability : std::uint8_t { synced = 1, buffered };

/// An unfinished transaction and the moment when it wants to be looked at.
struct due_entry {
  shard_id shard;
  time_point due;
  record_id row;
  time_point create_time;
  treaty::gid gid;
  bool stuck = false;
  bool operator==(const due_entry&) const = default;
};

struct due_query {
  shard_id first = 0;
  shard_id last = shard_count - 1;  // inclusive
  std::string after{};              // a page's `next`; empty: from the start. Anything else: invalid_argument
  std::size_t limit = 1000;
};
struct due_page {
  std::vector<due_entry> entries;  // by shard, then by time
  std::string next;                // empty: the end
};

/// Newest first; but by gid when more than `prefix_matches_max` (rules.hpp) gids begin with `gid_prefix` and neither
/// status, type, stuck nor a time narrows the list. Every field narrows; unset means any.
struct list_query {
  std::optional<txn_status> status{};
  std::optional<trans_type> type{};
  time_point created_from{};  // inclusive
  time_point created_to{};    // inclusive
  std::string gid_prefix{};
  std::optional<bool> stuck{};
  std::string destination{};  // see `calls_destination`
  std::string after{};        // a page's `next`; empty: from the newest. Anything else: invalid_argument
  std::size_t limit = 100;
  std::size_t bytes_max = 1u << 20;  // of the records that are read (`size_of`); the last one may reach over it
};
struct list_page {
  std::vector<txn_record> records;
  /// Empty: the end. A page may hold fewer than `limit` records and still not be the end: one call does a bounded
  /// amount of work, whatever the filter, and reads a bounded number of bytes.
  std::string next;
};

/// One category's values by key, or with no category those of all, by category and key.
struct kv_query {
  std::string category{};
  std::string after{};  // a page's `next`; empty: from the start. Anything else: invalid_argument
  std::size_t limit = 100;
};
struct kv_page {
  std::vector<kv_record> records;
  std::string next;  // empty: the end; a page may hold fewer than `limit` when its values are large
};

enum class store_state : std::uint8_t { serving = 1, read_only /* disk full or failing: see detail */, failed };
struct store_health {
  store_state state = store_state::serving;
  std::string detail;
};

/// Counters since start, for metrics and benchmarks.
struct store_figures {
  std::uint64_t syncs = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t records_expired = 0;
};

/// What it takes now, in bytes, and whether it keeps up. Zero where a store has no such part.
struct store_footprint {
  std::uint64_t memtables = 0;  // written, and not yet in a file
  std::uint64_t block_cache = 0;
  std::uint64_t table_readers = 0;  // of open files, outside of the cache
  std::uint64_t files = 0;          // on the disk, without logs
  bool holds_writers_up = false;    // files are written more slowly than transactions
};

/// Where transactions are kept. One suite (tests/component/store_contract) runs against every implementation.
/// Threads: every call is safe from any thread. Only `next_row`, `health` and `figures` never block.
class store {
public:
  store() = default;
  store(const store&) = delete;
  store& operator=(const store&) = delete;
  virtual ~store() = default;

  /// A number for a new record, greater than any handed out before, also before a restart.
  virtual record_id next_row() = 0;

  /// Stores each write set whole or not at all; one log sync serves them all when `d` is synced.
  ///
  /// Returns one result for each set, in order. A set whose guard does not hold is left out; the others are stored.
  /// Sets of one gid in one call build on each other in order.
  /// Errors:  conflict         `expected` is not the stored revision (0: a record of this gid exists); nothing written.
  ///          invalid_argument the set cannot be stored (a gid over the store's length); nothing written.
  ///          outcome_unknown  the device failed: the set may be durable or not. Given to every set of the call that
  ///                           passed its guard. Never followed by an acknowledgement.
  ///          unavailable      the store does not serve (see health); nothing was written.
  ///          corrupt          what the guard is checked on cannot be read; nothing was written.
  /// Blocks: one log sync when `d` is synced.
  virtual std::vector<result<void>> commit(std::span<const write_set> writes, durability d) = 0;

  /// Errors: not_found; corrupt (bad bytes or an unknown version; `detail` names the key); unavailable.
  virtual result<txn_record> load(const gid& id) const = 0;
  /// The pages of its history, oldest first. Errors: as load.
  virtual result<std::vector<history_page>> load_history(const gid& id) const = 0;
  virtual result<due_page> due(const due_query& query) const = 0;
  virtual result<list_page> list(const list_query& query) const = 0;

  /// Removes finished transactions whose end lies before `finished_before`, at most `limit` of them; returns how many.
  /// One call looks at a bounded number of entries and goes on where the last one stopped: call it regularly. A gid is
  /// free again once its transaction is removed. Errors: unavailable; outcome_unknown (call again).
  virtual result<std::size_t> expire(time_point finished_before, std::size_t limit) = 0;

  /// Stores `record` in place of version `expected`, which is one less than its own; 0: there must be none.
  /// Errors: already_exists (`expected` is 0 and there is one); conflict (another version is stored, or none);
  ///         invalid_argument (empty, too long, or the versions do not follow); outcome_unknown; unavailable; corrupt.
  /// Blocks: one log sync.
  virtual result<void> put_kv(const kv_record& record, std::uint64_t expected) = 0;
  /// Errors: not_found; outcome_unknown; unavailable. Blocks: one log sync.
  virtual result<void> delete_kv(const std::string& category, const std::string& key) = 0;
  /// Errors: not_found; corrupt; unavailable.
  virtual result<kv_record> load_kv(const std::string& category, const std::string& key) const = 0;
  virtual result<kv_page> list_kv(const kv_query& query) const = 0;

  virtual store_health health() const = 0;
  virtual store_figures figures() const = 0;
  /// Blocks for a moment: for a scrape, not for a commit.
  virtual store_footprint footprint() const { return {}; }
};

}  // namespace treaty
