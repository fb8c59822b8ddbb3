#include "storage/rocksdb/reader.hpp"

#include <rocksdb/iterator.h>
#include <rocksdb/snapshot.h>

#include <limits>
#include <optional>

#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/rules.hpp"

namespace treaty {
namespace {

failure missing(family one, std::string_view key, const gid& id) {
  return failure{errc::corrupt, name_key(one, key) + " of " + id.value + " is missing"};
}

std::unique_ptr<rocksdb::Iterator> iterate(const database& db, const rocksdb::ReadOptions& how, family one) {
  return std::unique_ptr<rocksdb::Iterator>{db->NewIterator(how, db[one])};
}

}  // namespace

failure at(family one, std::string_view key, const failure& why) {
  return failure{why.code, name_key(one, key) + ": " + why.detail};
}

result<txn_record> reader::load(const gid& id) const {
  rocksdb::ManagedSnapshot snapshot{&*db_};
  rocksdb::ReadOptions how;
  how.snapshot = snapshot.snapshot();
  TREATY_TRY(const record_id row, find_row(how, id));
  return load_row(how, id, row);
}

result<record_id> reader::find_row(const rocksdb::ReadOptions& how, const gid& id) const {
  rocksdb::PinnableSlice value;
  if (auto read = db_.get(how, family::gids, id.value, value); !read) {
    if (read.error().code == errc::not_found) return failure{errc::not_found, id.value + " is not stored"};
    return read.error();
  }
  const auto entry = codec::decode_gid(view(value));
  if (!entry) return at(family::gids, id.value, entry.error());
  return entry->row;
}

result<txn_record> reader::load_row(const rocksdb::ReadOptions& how, const gid& id, record_id row) const {
  const auto key = keys::make_row(row);
  rocksdb::PinnableSlice value;
  const auto read = [&](family one) -> result<void> {
    auto got = db_.get(how, one, key.view(), value);
    return !got && got.error().code == errc::not_found ? missing(one, key.view(), id) : got;
  };
  if (auto got = read(family::transactions); !got) return got.error();
  auto definition = codec::decode_definition(view(value));
  if (!definition) return at(family::transactions, key.view(), definition.error());
  if (definition->gid != id) {
    return at(family::transactions, key.view(),
              {errc::corrupt, "is of " + definition->gid.value + ", not " + id.value});
  }
  if (auto got = read(family::progress); !got) return got.error();
  auto progress = codec::decode_progress(view(value));
  if (!progress) return at(family::progress, key.view(), progress.error());

  txn_record record;
  record.row = row;
  record.progress = *std::move(progress);
  record.definition = std::make_shared<const txn_definition>(*std::move(definition));
  if (record.definition->type != trans_type::saga) {  // a saga's branches are in its definition
    TREATY_TRY(record.branches, load_branches(how, row));
  }
  if (auto whole = check_readable(record); !whole) return at(family::progress, key.view(), whole.error());
  return record;
}

result<std::vector<std::shared_ptr<const registered_branch>>> reader::load_branches(const rocksdb::ReadOptions& how,
                                                                                    record_id row) const {
  const auto first = keys::make_branch(row, 0);
  const auto last = keys::make_branch(row, std::numeric_limits<std::uint32_t>::max());
  const rocksdb::Slice bound = slice(last.view());
  rocksdb::ReadOptions bounded = how;
  bounded.iterate_upper_bound = &bound;
  std::vector<std::shared_ptr<const registered_branch>> branches;
  const auto entry = iterate(db_, bounded, family::branches);
  for (entry->Seek(slice(first.view())); entry->Valid(); entry->Next()) {
    const auto key = keys::parse_branch(view(entry->key()));
    if (!key || key->index != branches.size()) {
      return at(family::branches, view(entry->key()),
                {errc::corrupt, "branch " + std::to_string(branches.size()) + " is missing before it"});
    }
    auto branch = codec::decode_branch(view(entry->value()));
    if (!branch) return at(family::branches, view(entry->key()), branch.error());
    branches.push_back(std::make_shared<const registered_branch>(*std::move(branch)));
  }
  if (!entry->status().ok()) return to_failure(entry->status(), name_key(family::branches, first.view()));
  return branches;
}

result<std::vector<history_page>> reader::load_history(const gid& id) const {
  rocksdb::ManagedSnapshot snapshot{&*db_};
  rocksdb::ReadOptions how;
  how.snapshot = snapshot.snapshot();
  TREATY_TRY(const record_id row, find_row(how, id));
  TREATY_TRY(std::optional<history_page> last, load_ending(how, row));
  const auto first = keys::make_branch(row, 0);
  const auto behind = keys::make_row(row + 1);
  const rocksdb::Slice bound = slice(behind.view());
  how.iterate_upper_bound = &bound;
  std::vector<history_page> pages;
  const auto entry = iterate(db_, how, family::history);
  for (entry->Seek(slice(first.view())); entry->Valid(); entry->Next()) {
    const auto key = keys::parse_branch(view(entry->key()));
    if (!key) return at(family::history, view(entry->key()), {errc::corrupt, "is no key of this family"});
    if (last && key->index == last->slot) continue;  // whose place that page has taken
    auto page = codec::decode_history(view(entry->value()), key->index);
    if (!page) return at(family::history, view(entry->key()), page.error());
    pages.push_back(*std::move(page));
  }
  if (!entry->status().ok()) return to_failure(entry->status(), name_key(family::history, first.view()));
  if (last) pages.push_back(*std::move(last));
  sort_by_number(pages);
  return pages;
}

/// The page that came with the end, if there is one.
result<std::optional<history_page>> reader::load_ending(const rocksdb::ReadOptions& how, record_id row) const {
  const auto key = keys::make_row(row);
  rocksdb::PinnableSlice value;
  if (auto read = db_.get(how, family::progress, key.view(), value); !read) {
    if (read.error().code == errc::not_found) return std::optional<history_page>{};  // who loads the record says so
    return read.error();
  }
  auto page = codec::decode_ending(view(value));
  if (!page) return at(family::progress, key.view(), page.error());
  return page;
}

/// Who asks needs all of them: a start ends with such an error, and says to a person nothing else.
result<due_page> reader::due(const due_query& query) const {
  auto page = scan_due(query);
  if (!page && page.error().code == errc::corrupt) return damaged_store(db_->GetName(), page.error().detail);
  return page;
}

result<due_page> reader::scan_due(const due_query& query) const {
  if (auto good = check_limit(query.limit); !good) return good.error();
  std::string from{keys::make_due(query.first, time_point::min(), 0).view()};
  if (!query.after.empty()) {
    TREATY_TRY(from, keys::parse_cursor(query.after, sizeof(keys::due_key)));
    from += '\0';  // the least key behind it
  }
  rocksdb::ReadOptions how;
  how.fill_cache = false;
  due_page page;
  std::string last;
  const auto entry = iterate(db_, how, family::due);
  for (entry->Seek(slice(from)); entry->Valid(); entry->Next()) {
    const auto key = keys::parse_due(view(entry->key()));
    if (!key) return at(family::due, view(entry->key()), {errc::corrupt, "is no key of this family"});
    if (key->shard > query.last) break;
    if (page.entries.size() == query.limit) {
      page.next = keys::to_hex(last);
      break;
    }
    auto described = codec::decode_due(view(entry->value()));
    if (!described) return at(family::due, view(entry->key()), described.error());
    page.entries.push_back(
        {key->shard, key->due, key->row, described->create_time, std::move(described->gid), described->stuck});
    last = entry->key().ToString();
  }
  if (!entry->status().ok()) return to_failure(entry->status(), name_of(family::due));
  return page;
}

}  // namespace treaty
