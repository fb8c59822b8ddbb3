#pragma once

#include <optional>
#include <vector>

#include "storage/keys.hpp"
#include "storage/rocksdb/database.hpp"
#include "storage/rocksdb/list_walk.hpp"
#include "storage/rocksdb/reader.hpp"
#include "storage/rules.hpp"
#include "storage/store.hpp"

namespace treaty {

/// Answers lists from the index that has the fewest entries to leave out (docs/storage-format.md, "Lists"):
/// the classes and the span of time that a query names; or the gids that begin as it says, put in order of time while
/// they are few, or by gid. Threads: any.
class lister {
public:
  lister(const database& db, const reader& records) : db_{db}, records_{records} {}

  /// Sees the moment of `how`'s snapshot; `young` is what had no entries then, `floors` where the others began.
  result<list_page> list(const list_query& query, const rocksdb::ReadOptions& how,
                         const std::vector<young_entry>& young, const ended_floors& floors) const;

private:
  /// One call: what is asked, what was found, and what may still be spent.
  struct search {
    const list_query& query;
    const rocksdb::ReadOptions& how;
    const std::vector<young_entry>& young;
    const ended_floors& floors;
    list_span span;
    list_budget budget;
    keys::gids_found gids;
    list_page page;
    bool is_over() const { return page.records.size() == query.limit || budget.is_spent(); }
  };
  struct named {
    keys::position_parts position;
    treaty::gid id;
  };

  result<void> list_by_time(search& at) const;
  result<void> list_by_gid(search& at, const std::string& after) const;
  /// Those whose gids begin as asked; nothing when they are too many to be put in order of time.
  result<std::optional<std::vector<named>>> find_prefix(search& at) const;
  result<void> list_named(search& at, std::vector<named> found) const;
  result<void> look_at(search& at, const gid& id, record_id row) const;
  result<bool> may_match(const search& at, record_id row) const;

  const database& db_;
  const reader& records_;
};

}  // namespace treaty
