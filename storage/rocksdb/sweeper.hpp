#pragma once

#include <rocksdb/iterator.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <mutex>
#include <string>
#include <vector>

#include "storage/rocksdb/commit_path.hpp"
#include "storage/rocksdb/database.hpp"
#include "storage/rocksdb/fair_mutex.hpp"
#include "storage/rocksdb/list_walk.hpp"

namespace treaty {

/// Removes what has expired (docs/decisions/0001-row-keys-and-expiry.md).
///
/// Walks each class of the family `ended` from its oldest entry and remembers where it was, so that those that were
/// created long ago and ended lately are walked over once in a round and not at each call. Holds the store's write lock
/// for one stretch at a time.
class sweeper {
public:
  sweeper(database& db, commit_path& writes, fair_mutex& write_lock)
      : db_{db}, writes_{writes}, write_lock_{write_lock} {}

  result<std::size_t> expire(time_point finished_before, std::size_t limit);
  /// The family `ended` holds an entry at this key from now on, perhaps in front of all others. Under the write lock.
  void expect(std::string_view ended_key) {
    std::string& floor = places_[static_cast<unsigned char>(ended_key.front())].floor;
    if (ended_key < floor) floor = ended_key;
  }
  /// Under the write lock.
  ended_floors floors() const;

private:
  struct removal {
    std::string ended_key;
    record_id row;
    gid id;
    bool follows;  // nothing was left standing between the one before and this one
  };
  struct stretch {
    std::vector<removal> removals;
    std::size_t seen = 0;
    bool is_last = false;
  };

  /// Where the walk through one class is. Under the write lock.
  struct place {
    std::string floor;   // no entry of the class lies before it; empty: nothing known
    std::string cursor;  // where the next stretch begins
  };
  /// What one call may still do.
  struct allowance {
    time_point finished_before;
    std::size_t removals;
    std::size_t entries;
    bool is_spent() const { return removals == 0 || entries == 0; }
  };

  result<void> sweep(char of_class, allowance& left);
  result<stretch> walk(char of_class, const allowance& left);
  result<void> remove(const stretch& what);
  void remove_entries(const std::vector<removal>& removals, rocksdb::WriteBatch& batch) const;
  result<void> remove_rows(const std::vector<removal>& removals, rocksdb::WriteBatch& batch) const;
  result<void> remove_below(family one, rocksdb::Iterator& entry, record_id first, record_id last,
                            rocksdb::WriteBatch& batch) const;

  database& db_;
  commit_path& writes_;
  fair_mutex& write_lock_;
  std::mutex one_at_a_time_;
  std::array<place, 128> places_;  // by class
  std::size_t next_ = 0;           // the class that the last call did not come to the end of
};

}  // namespace treaty
