#pragma once

#include <rocksdb/write_batch.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "storage/keys.hpp"
#include "storage/rocksdb/database.hpp"
#include "storage/store.hpp"

namespace treaty {

/// What a list has to know of one.
struct young_entry {
  keys::list_class filed;
  keys::position_parts position;
  gid id;
};

/// Unfinished records that have no entries in the families `open` and `due` yet
/// (docs/decisions/0013-young-records-are-not-indexed.md).
///
/// Nearly every transaction ends a moment after it began: its entries would be taken out again before they reached a
/// file, at the price of four of the ten keys that its two writes have. So entries are made only for what lives longer,
/// and a start looks for the others among the newest rows: every unfinished record of a row below the mark, which is
/// kept in `meta`, has its entries.
///
/// Changes are made while a batch is put together, and hold or are in doubt with it: `written` or `failed` ends each.
/// Threads: one at a time, under the store's write lock.
class young_records {
public:
  /// Holds at most `most`, and those of a batch.
  young_records(const database& db, std::size_t most) : db_{db}, most_{most} {}

  /// Reads the mark, and puts entries into `batch` for all unfinished records from it on that have none. `next` is the
  /// first row that will be handed out. A record that cannot be read is named in the log, and gets entries if anything
  /// says what it is, so that its actor meets it.
  /// Errors: unavailable; corrupt (the mark).
  result<void> start(record_id next, rocksdb::WriteBatch& batch);

  /// Whether a new record of this row may go without entries.
  bool takes(record_id row) const { return row >= mark_; }
  /// Whether the record of this row has none. Asks the store when a failed write left that open.
  /// Errors: unavailable.
  result<bool> holds(record_id row);
  /// What `set` makes of a record that has none; it is unfinished.
  void put(const write_set& set, const keys::list_class& filed);
  /// It has ended, and needs none.
  void drop(record_id row);

  /// Entries into `batch` for those that are too many or too old, and the mark when it has moved far.
  void file_surplus(rocksdb::WriteBatch& batch);
  /// What a list has to add to what it finds in `open`.
  std::vector<young_entry> entries();
  /// Entries for all: before somebody reads the families. False: there is nothing to write.
  bool file_all(rocksdb::WriteBatch& batch);

  void written();
  void failed();

private:
  struct young {
    treaty::gid gid;
    time_point created{};
    keys::list_class filed;
    time_point due{};
    std::uint64_t changed_in = 0;  // the batch of its last change
    bool is_doubtful = false;      // a write failed: the store may hold something else
    bool may_be_filed = false;     // a write failed: the store may hold its entries, as this says
  };
  using records = std::map<record_id, young>;

  /// What the store holds of an unfinished record; nothing: it has ended, or there is none.
  result<std::optional<young>> look(record_id row);
  /// The same at a start, where what cannot be read is logged, and taken for unfinished if its definition can be read.
  result<std::optional<young>> look_anyhow(record_id row);
  result<void> adopt_from(record_id mark, rocksdb::WriteBatch& batch);
  result<bool> is_filed(record_id row, const young& one);
  void put_entries(record_id row, const young& one, rocksdb::WriteBatch& batch);
  /// Puts the entries of `at`, unless it has ended or has them; returns the next.
  records::iterator file(records::iterator at, rocksdb::WriteBatch& batch);
  /// Asks the store, when a failed write left open what this is. Nothing: it is no young record (any more).
  result<bool> make_sure(record_id row, young& one);
  void put_mark(record_id mark, rocksdb::WriteBatch& batch);
  void move_mark(rocksdb::WriteBatch& batch);

  const database& db_;
  const std::size_t most_;
  record_id mark_ = 0;     // in `meta`, or on its way there
  record_id highest_ = 0;  // of the rows that were put here
  std::uint64_t batch_ = 1;
  records records_;
  std::vector<records::node_type> ended_;  // in this batch
  std::vector<records::node_type> filed_;  // in this batch
  rocksdb::PinnableSlice value_;
  std::string bytes_;
};

}  // namespace treaty
