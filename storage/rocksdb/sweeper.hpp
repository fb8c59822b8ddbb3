#pragma once

#include <rocksdb/iterator.h>
#include <rocksdb/write_batch.h>

#include <mutex>
#include <string>
#include <vector>

#include "storage/rocksdb/commit_path.hpp"
#include "storage/rocksdb/database.hpp"

namespace treaty {

/// Removes what has expired (docs/decisions/0001-row-keys-and-expiry.md).
///
/// Walks the timeline from its oldest entry and remembers where it was, so that transactions that stay unfinished for
/// long are walked over once in a round and not at each call. Holds the store's write lock for one stretch at a time.
class sweeper {
public:
  sweeper(database& db, commit_path& writes, std::mutex& write_lock)
      : db_{db}, writes_{writes}, write_lock_{write_lock} {}

  result<std::size_t> expire(time_point finished_before, std::size_t limit);
  /// The store is about to hold an entry at this key; it may be older than all that are there. Under the write lock.
  void expect(std::string_view timeline_key) {
    if (timeline_key < floor_) floor_ = timeline_key;
  }

private:
  struct removal {
    std::string timeline_key;
    record_id row;
    gid id;
    bool follows;  // nothing was left standing between the one before and this one
  };
  struct stretch {
    std::vector<removal> removals;
    std::size_t seen = 0;
    bool is_last = false;
  };

  result<stretch> walk(time_point finished_before, std::size_t limit);
  result<void> remove(const stretch& what);
  void remove_timeline(const std::vector<removal>& removals, rocksdb::WriteBatch& batch) const;
  result<void> remove_rows(const std::vector<removal>& removals, rocksdb::WriteBatch& batch) const;
  result<void> remove_below(family one, rocksdb::Iterator& entry, record_id first, record_id last,
                            rocksdb::WriteBatch& batch) const;

  database& db_;
  commit_path& writes_;
  std::mutex& write_lock_;
  std::mutex one_at_a_time_;
  // Both under the write lock.
  std::string floor_;   // no entry lies before it; empty: nothing known
  std::string cursor_;  // where the next stretch begins
};

}  // namespace treaty
