#include "storage/rocksdb/sweeper.hpp"

#include <algorithm>
#include <memory>

#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/rules.hpp"

namespace treaty {
namespace {

constexpr std::size_t stretch_entries_max = 256;  // a few milliseconds of the write lock
/// From here on one range tombstone is cheaper than a tombstone for each key. Few and long ones keep reads quick.
constexpr std::size_t range_rows_min = 64;

std::vector<char> final_classes() {
  std::vector<char> classes;
  for (const txn_status status : all_txn_statuses) {
    if (!is_final(status)) continue;
    for (const trans_type type : all_trans_types) {
      for (const bool stuck : {false, true}) classes.push_back(keys::class_byte({status, type, stuck}));
    }
  }
  return classes;
}

/// `first` is no key of the family, but sorts in front of the first one that is to go: see insert_hint.hpp.
void remove_range(const database& db, family one, std::string_view first, std::string_view behind,
                  rocksdb::WriteBatch& batch) {
  batch.DeleteRange(db[one], slice(first), slice(behind)).PermitUncheckedError();
}

void remove_key(const database& db, family one, std::string_view key, rocksdb::WriteBatch& batch) {
  batch.Delete(db[one], slice(key)).PermitUncheckedError();
}

}  // namespace

result<std::size_t> sweeper::expire(time_point finished_before, std::size_t limit) {
  static const std::vector<char> classes = final_classes();
  const std::lock_guard only{one_at_a_time_};
  allowance left{finished_before, limit, expiry_entries_max};
  for (std::size_t swept = 0; swept < classes.size() && !left.is_spent(); ++swept) {
    if (auto done = sweep(classes[next_], left); !done) return done.error();
    if (!left.is_spent()) next_ = (next_ + 1) % classes.size();
  }
  return limit - left.removals;
}

ended_floors sweeper::floors() const {
  ended_floors out;
  for (const place& one : places_) {
    if (const auto key = keys::parse_ended(one.floor)) out.set(one.floor.front(), key->position.created);
  }
  return out;
}

/// One class, until a whole round has been made or nothing is left to spend.
result<void> sweeper::sweep(char of_class, allowance& left) {
  place& here = places_[static_cast<unsigned char>(of_class)];
  std::string began;
  bool wrapped = false;
  for (bool first = true; !left.is_spent(); first = false) {
    const std::lock_guard lock{write_lock_};
    if (first) began = here.cursor;
    TREATY_TRY(const stretch found, walk(of_class, left));
    if (auto gone = remove(found); !gone) {
      here = {};  // what is still there may lie below the floor that it was to leave
      return gone;
    }
    left.removals -= found.removals.size();
    left.entries -= std::min(left.entries, std::max<std::size_t>(found.seen, 1));
    const bool whole_round =
        began.empty() || began <= here.floor || (wrapped && (found.is_last || here.cursor >= began));
    if (found.is_last) {
      here.cursor = here.floor;
      wrapped = true;
    }
    if (whole_round && wrapped) return {};
  }
  return {};
}

result<sweeper::stretch> sweeper::walk(char of_class, const allowance& left) {
  place& here = places_[static_cast<unsigned char>(of_class)];
  if (here.floor.empty()) here.floor.assign(1, of_class);
  const std::string behind(1, static_cast<char>(of_class + 1));
  const std::string floor = here.floor;
  const rocksdb::Slice lower = slice(floor);
  const rocksdb::Slice upper = slice(behind);
  rocksdb::ReadOptions how;
  how.fill_cache = false;
  how.iterate_lower_bound = &lower;
  how.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> entry{db_->NewIterator(how, db_[family::ended])};
  const bool from_floor = here.cursor <= here.floor;
  stretch found;
  std::string oldest_left;
  bool follows = true;
  for (entry->Seek(slice(std::max(here.cursor, floor))); entry->Valid(); entry->Next()) {
    here.cursor = entry->key().ToString();
    const auto key = keys::parse_ended(here.cursor);
    if (key && key->position.created >= left.finished_before) break;
    if (found.removals.size() == left.removals || found.seen == stretch_entries_max) {
      if (from_floor) here.floor = oldest_left.empty() ? here.cursor : oldest_left;
      return found;
    }
    ++found.seen;
    auto described = codec::decode_ended(view(entry->value()));
    // What cannot be read is not removed, and does not keep the rest from going.
    if (key && described && may_expire(*described, left.finished_before)) {
      found.removals.push_back({here.cursor, key->position.row, std::move(described->gid), follows});
      follows = true;
    } else {
      if (oldest_left.empty()) oldest_left = here.cursor;
      follows = false;
    }
  }
  if (!entry->status().ok()) return to_failure(entry->status(), name_of(family::ended));
  found.is_last = true;
  if (from_floor && !oldest_left.empty()) here.floor = oldest_left;
  if (from_floor && oldest_left.empty() && entry->Valid()) here.floor = here.cursor;
  return found;
}

result<void> sweeper::remove(const stretch& what) {
  if (what.removals.empty()) return {};
  rocksdb::WriteBatch batch;
  for (const removal& one : what.removals) remove_key(db_, family::gids, one.id.value, batch);
  remove_entries(what.removals, batch);
  if (auto gone = remove_rows(what.removals, batch); !gone) return gone;
  // No sync: a removal that a crash takes back is made again.
  return writes_.write(batch, durability::buffered);
}

void sweeper::remove_entries(const std::vector<removal>& removals, rocksdb::WriteBatch& batch) const {
  for (std::size_t begin = 0, end = 0; begin < removals.size(); begin = end) {
    for (end = begin + 1; end < removals.size() && removals[end].follows;) ++end;
    if (end - begin >= range_rows_min) {
      const std::string from = keys::in_front_of(removals[begin].ended_key);
      remove_range(db_, family::ended, from, removals[end - 1].ended_key + '\0', batch);
      continue;
    }
    for (std::size_t i = begin; i < end; ++i) remove_key(db_, family::ended, removals[i].ended_key, batch);
  }
}

result<void> sweeper::remove_rows(const std::vector<removal>& removals, rocksdb::WriteBatch& batch) const {
  std::vector<record_id> rows(removals.size());
  std::transform(removals.begin(), removals.end(), rows.begin(), [](const removal& one) { return one.row; });
  std::sort(rows.begin(), rows.end());
  rocksdb::ReadOptions how;
  how.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> branch{db_->NewIterator(how, db_[family::branches])};
  const std::unique_ptr<rocksdb::Iterator> event{db_->NewIterator(how, db_[family::history])};
  const auto lowest = keys::make_row(rows.front());
  for (rocksdb::Iterator* const one : {branch.get(), event.get()}) one->Seek(slice(lowest.view()));
  for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    for (end = begin + 1; end < rows.size() && rows[end] == rows[end - 1] + 1;) ++end;
    const record_id first = rows[begin];
    const record_id last = rows[end - 1];
    if (end - begin >= range_rows_min) {
      const std::string from = keys::in_front_of(keys::make_row(first).view());
      const auto behind = keys::make_row(last + 1);
      remove_range(db_, family::transactions, from, behind.view(), batch);
      remove_range(db_, family::progress, from, behind.view(), batch);
    } else {
      for (record_id row = first; row <= last; ++row) {
        const auto key = keys::make_row(row);
        remove_key(db_, family::transactions, key.view(), batch);
        remove_key(db_, family::progress, key.view(), batch);
      }
    }
    if (auto gone = remove_below(family::branches, *branch, first, last, batch); !gone) return gone;
    if (auto gone = remove_below(family::history, *event, first, last, batch); !gone) return gone;
  }
  return {};
}

/// Keys that begin with a row of [first, last]. Most records have none here: then no tombstone is left either.
/// `entry` comes from the rows before: a search of its own for each would wade through what was removed around it.
result<void> sweeper::remove_below(family one, rocksdb::Iterator& entry, record_id first, record_id last,
                                   rocksdb::WriteBatch& batch) const {
  const auto from = keys::make_row(first);
  const auto behind = keys::make_row(last + 1);
  std::size_t count = 0;
  if (entry.Valid() && view(entry.key()) < from.view()) entry.Seek(slice(from.view()));
  for (; entry.Valid() && view(entry.key()) < behind.view(); entry.Next()) {
    if (++count == 1 && last - first + 1 >= range_rows_min) {
      remove_range(db_, one, from.view(), behind.view(), batch);
      break;
    }
    remove_key(db_, one, view(entry.key()), batch);
  }
  return entry.status().ok() ? result<void>{} : to_failure(entry.status(), name_of(one));
}

}  // namespace treaty
