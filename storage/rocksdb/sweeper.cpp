#include "storage/rocksdb/sweeper.hpp"

#include <algorithm>
#include <memory>

#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/rules.hpp"

namespace treaty {
namespace {

constexpr std::size_t stretch_entries_max = 2048;  // some milliseconds of the write lock
/// From here on one range tombstone is cheaper than a tombstone for each key. Few and long ones keep reads quick.
constexpr std::size_t range_rows_min = 64;

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
  const std::lock_guard only{one_at_a_time_};
  std::size_t removed = 0;
  std::size_t seen = 0;
  std::string began;
  bool wrapped = false;
  for (bool first = true; removed < limit && seen < entries_per_call_max; first = false) {
    const std::lock_guard lock{write_lock_};
    if (first) began = cursor_;
    TREATY_TRY(const stretch found, walk(finished_before, limit - removed));
    if (auto gone = remove(found); !gone) return gone.error();
    removed += found.removals.size();
    seen += std::max<std::size_t>(found.seen, 1);
    const bool whole_round = began.empty() || began <= floor_ || (wrapped && (found.is_last || cursor_ >= began));
    if (found.is_last) {
      cursor_ = floor_;
      wrapped = true;
    }
    if (whole_round && found.is_last) break;
    if (wrapped && !found.is_last && whole_round) break;
  }
  return removed;
}

result<sweeper::stretch> sweeper::walk(time_point finished_before, std::size_t limit) {
  rocksdb::ReadOptions how;
  how.fill_cache = false;
  const rocksdb::Slice lower = slice(floor_);
  if (!floor_.empty()) how.iterate_lower_bound = &lower;
  const std::unique_ptr<rocksdb::Iterator> entry{db_->NewIterator(how, db_[family::timeline])};
  const bool from_floor = cursor_ <= floor_;
  stretch found;
  std::string oldest_left;
  bool follows = true;
  for (entry->Seek(slice(std::max(cursor_, floor_))); entry->Valid(); entry->Next()) {
    cursor_ = entry->key().ToString();
    const auto key = keys::parse_timeline(cursor_);
    if (key && key->created >= finished_before) break;
    if (found.removals.size() == limit || found.seen == stretch_entries_max) {
      if (from_floor) floor_ = oldest_left.empty() ? cursor_ : oldest_left;
      return found;
    }
    ++found.seen;
    auto described = codec::decode_timeline(view(entry->value()));
    // What cannot be read is not removed, and does not keep the rest from going.
    if (key && described && may_expire(*described, finished_before)) {
      found.removals.push_back({cursor_, key->row, std::move(described->gid), follows});
      follows = true;
    } else {
      if (oldest_left.empty()) oldest_left = cursor_;
      follows = false;
    }
  }
  if (!entry->status().ok()) return to_failure(entry->status(), name_of(family::timeline));
  found.is_last = true;
  if (from_floor && !oldest_left.empty()) floor_ = oldest_left;
  if (from_floor && oldest_left.empty() && entry->Valid()) floor_ = cursor_;
  return found;
}

result<void> sweeper::remove(const stretch& what) {
  if (what.removals.empty()) return {};
  rocksdb::WriteBatch batch;
  for (const removal& one : what.removals) remove_key(db_, family::gids, one.id.value, batch);
  remove_timeline(what.removals, batch);
  if (auto gone = remove_rows(what.removals, batch); !gone) return gone;
  // No sync: a removal that a crash takes back is made again.
  return writes_.write(batch, durability::buffered);
}

void sweeper::remove_timeline(const std::vector<removal>& removals, rocksdb::WriteBatch& batch) const {
  for (std::size_t begin = 0, end = 0; begin < removals.size(); begin = end) {
    for (end = begin + 1; end < removals.size() && removals[end].follows;) ++end;
    if (end - begin >= range_rows_min) {
      const std::string from = keys::in_front_of(removals[begin].timeline_key);
      remove_range(db_, family::timeline, from, removals[end - 1].timeline_key + '\0', batch);
      continue;
    }
    for (std::size_t i = begin; i < end; ++i) remove_key(db_, family::timeline, removals[i].timeline_key, batch);
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
result<void> sweeper::remove_below(family one, rocksdb::Iterator& entry, record_id first, record_id last,
                                   rocksdb::WriteBatch& batch) const {
  const auto from = keys::make_row(first);
  const auto behind = keys::make_row(last + 1);
  std::size_t count = 0;
  for (entry.Seek(slice(from.view())); entry.Valid() && view(entry.key()) < behind.view(); entry.Next()) {
    if (++count == 1 && last - first + 1 >= range_rows_min) {
      remove_range(db_, one, from.view(), behind.view(), batch);
      break;
    }
    remove_key(db_, one, view(entry.key()), batch);
  }
  return entry.status().ok() ? result<void>{} : to_failure(entry.status(), name_of(one));
}

}  // namespace treaty
