#pragma once

#include <optional>
#include <vector>

#include "storage/rocksdb/database.hpp"
#include "storage/store.hpp"

namespace treaty {

/// The reading half of the store. Each call sees one moment: a record never mixes two of its revisions.
/// Threads: any.
class reader {
public:
  explicit reader(const database& db) : db_{db} {}

  result<txn_record> load(const gid& id) const;
  result<std::vector<history_page>> load_history(const gid& id) const;
  result<due_page> due(const due_query& query) const;
  /// The record of a row that an index has named. Errors: corrupt, also when it is not there; unavailable.
  result<txn_record> load_row(const rocksdb::ReadOptions& how, const gid& id, record_id row) const;

private:
  result<due_page> scan_due(const due_query& query) const;
  result<std::optional<history_page>> load_ending(const rocksdb::ReadOptions& how, record_id row) const;
  result<record_id> find_row(const rocksdb::ReadOptions& how, const gid& id) const;
  result<std::vector<std::shared_ptr<const registered_branch>>> load_branches(const rocksdb::ReadOptions& how,
                                                                              record_id row) const;

  const database& db_;
};

/// An error of decoding with the name of the key.
failure at(family one, std::string_view key, const failure& why);

}  // namespace treaty
