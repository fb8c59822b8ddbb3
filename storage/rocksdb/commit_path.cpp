#include "storage/rocksdb/commit_path.hpp"

#include <rocksdb/perf_level.h>

#include <algorithm>
#include <numeric>

#include "storage/keys.hpp"
#include "storage/rocksdb/reader.hpp"
#include "storage/rules.hpp"

namespace treaty {
namespace {

/// Rows that one start, or one write now and then, reserves. 64-bit numbers last for ever at this price.
constexpr record_id rows_reserved = 1 << 20;
constexpr std::size_t kept_batch_bytes_max = 8 << 20;
constexpr std::size_t recent_max = 64 * 1024;  // about 5 MB; more are in flight only in a burst

}  // namespace

result<void> commit_path::start() {
  const auto read = db_.get({}, family::meta, meta_rows, value_);
  if (!read && read.error().code != errc::not_found) return read;
  if (read) {
    auto row = codec::decode_row(view(value_));
    if (!row) return failure{errc::corrupt, name_key(family::meta, meta_rows) + ": " + row.error().detail};
    reserved_ = *row;
  }
  next_row_ = reserved_;
  batch_.Clear();
  put(family::meta, meta_format, std::to_string(codec::store_format));
  reserve_rows();
  if (auto started = young_.start(next_row_, batch_); !started) return started;
  return write(batch_, durability::synced);
}

/// `next_row` never blocks, so the numbers it hands out are covered long before they are reached; and a number that is
/// written beyond the cover is covered by the same batch.
void commit_path::reserve_rows() {
  const record_id next = next_row_.load(std::memory_order_relaxed);
  if (next + rows_reserved / 2 < reserved_) return;
  reserved_ = next + rows_reserved;
  codec::encode_row(reserved_, bytes_);
  put(family::meta, meta_rows, bytes_);
}

std::vector<result<void>> commit_path::commit(std::span<const write_set> writes, durability d) {
  ended_.clear();
  if (!monitor_.serving()) {
    return std::vector<result<void>>(writes.size(), failure{errc::unavailable, "store: " + monitor_.health().detail});
  }
  if (batch_.GetDataSize() > kept_batch_bytes_max) batch_ = rocksdb::WriteBatch{};
  batch_.Clear();
  standings_.clear();
  if (recent_.size() > recent_max) recent_.clear();
  std::vector<result<void>> results(writes.size());
  gids_.ask(writes);
  for (const std::uint32_t index : by_row(writes)) results[index] = add(writes, index);
  if (batch_.Count() == 0) return results;
  reserve_rows();
  young_.file_surplus(batch_);
  const auto written = write(batch_, d);
  if (written) {
    young_.written();
    return results;
  }
  young_.failed();
  recent_.clear();  // the store may hold either
  reserved_ = 0;    // and the cover that this write was to raise: the next one does so
  for (auto& one : results) {
    if (one) one = written;
  }
  return results;
}

void commit_path::file_young() {
  if (!monitor_.serving()) return;
  batch_.Clear();
  if (!young_.file_all(batch_)) return;
  write(batch_, durability::buffered) ? young_.written() : young_.failed();
}

/// The sets in the order of their rows, those of one row as they came: each insertion into memory begins its search
/// where the one before it ended.
const std::vector<std::uint32_t>& commit_path::by_row(std::span<const write_set> writes) {
  order_.resize(writes.size());
  std::iota(order_.begin(), order_.end(), 0u);
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return writes[a].row < writes[b].row; });
  return order_;
}

result<void> commit_path::write(rocksdb::WriteBatch& batch, durability d) {
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);  // counting each comparison is a tenth of an insertion
  rocksdb::WriteOptions how;
  how.sync = d == durability::synced;
  const auto status = db_->Write(how, &batch);
  if (!status.ok()) {
    monitor_.report(status);
    return failure{errc::outcome_unknown, "write failed: " + status.ToString()};
  }
  if (how.sync) syncs_.fetch_add(1, std::memory_order_relaxed);
  bytes_written_.fetch_add(batch.GetDataSize(), std::memory_order_relaxed);
  return {};
}

result<void> commit_path::add(std::span<const write_set> writes, std::size_t index) {
  const write_set& set = writes[index];
  if (auto storable = check_storable(set); !storable) return storable;
  TREATY_TRY(const standing before, find(set, index));
  if (auto held = check_guard(set, before.revision, before.row); !held) return held;
  const standing after{set.progress.revision, set.row, set.definition ? set.definition->type : before.type,
                       set.progress.status, is_final(set.progress.status) ? &set : nullptr};
  if (before.revision != 0 && is_final(before.status)) {
    if (auto apart = put_ending_apart(set, before); !apart) return apart;
  }
  TREATY_TRY(const youth young, note_young(set, before, after));
  put_record(set, before, after);
  move_listed(set, before, after, young);
  put_branches(set);
  move_due(set, young);
  if (writes.size() > 1) standings_[set.gid.value] = after;
  if (is_final(after.status)) {
    recent_.erase(after.row);
  } else {
    recent_[after.row] = after;
  }
  return {};
}

/// A first write asks by gid, whether there is one; a later one knows its row, and looks at the head of its progress,
/// unless this process wrote it not long ago: nobody else writes rows that have not ended.
result<commit_path::standing> commit_path::find(const write_set& set, std::size_t index) {
  if (const auto found = standings_.find(set.gid.value); found != standings_.end()) return found->second;
  if (set.expected == 0) {
    TREATY_TRY(const auto stored, gids_.answer(index));
    return stored ? standing{1, stored->row} : standing{};  // at some revision above 0: the guard does not hold
  }
  if (const auto found = recent_.find(set.row); found != recent_.end()) return found->second;
  return read_standing(set);
}

result<commit_path::standing> commit_path::read_standing(const write_set& set) {
  const auto row = keys::make_row(set.row);
  const auto read = db_.get({}, family::progress, row.view(), value_);
  if (!read && read.error().code == errc::not_found) return standing{};
  if (!read) return read.error();
  auto head = codec::decode_progress_head(view(value_));
  if (!head) return failure{errc::corrupt, name_key(family::progress, row.view()) + ": " + head.error().detail};
  return standing{head->revision, set.row, head->type, head->status};
}

void commit_path::put_record(const write_set& set, const standing& before, const standing& after) {
  const auto row = keys::make_row(set.row);
  if (before.revision == 0) {
    codec::encode_gid({set.row, set.create_time}, bytes_);
    put(family::gids, set.gid.value, bytes_);
  }
  if (set.definition != nullptr) {
    codec::encode_definition(*set.definition, bytes_);
    put(family::transactions, row.view(), bytes_);
  }
  const bool ends = is_final(after.status);
  const bool has_page = !set.history.entries.empty();
  codec::encode_progress(set.progress, after.type, bytes_);
  if (ends && has_page) codec::append_ending(set.history, bytes_);
  put(family::progress, row.view(), bytes_);
  if (!ends && has_page) put_history(set.history, set.row);
}

/// It has ended already: the page that came with its end gets a key of its own, for this write's progress takes the
/// place.
result<void> commit_path::put_ending_apart(const write_set& set, const standing& before) {
  if (before.ended_by != nullptr) {
    if (!before.ended_by->history.entries.empty()) put_history(before.ended_by->history, set.row);
    return {};
  }
  const auto row = keys::make_row(set.row);
  if (auto read = db_.get({}, family::progress, row.view(), value_); !read) return read;
  const auto page = codec::decode_ending(view(value_));
  if (!page) return at(family::progress, row.view(), page.error());
  if (*page) put_history(**page, set.row);
  return {};
}

result<commit_path::youth> commit_path::note_young(const write_set& set, const standing& before,
                                                   const standing& after) {
  const bool is_new = before.revision == 0;
  bool was = is_new;
  if (!is_new) {
    TREATY_TRY(was, young_.holds(set.row));
  }
  const bool is = !is_final(after.status) && (is_new ? young_.takes(set.row) : was);
  if (is) young_.put(set, {after.status, after.type, set.progress.stuck});
  if (was && !is && !is_new) young_.drop(set.row);
  return youth{was, is};
}

/// An entry is put once under each class and removed once from it. So SingleDelete serves here, too (see `move_due`):
/// entries of transactions that end soon vanish from memory, and never reach a file.
void commit_path::move_listed(const write_set& set, const standing& before, const standing& after, youth young) {
  const keys::list_class was{before.status, before.type, set.stuck_before};
  const keys::list_class is{after.status, after.type, set.progress.stuck};
  const bool is_new = before.revision == 0;
  if (!is_new && was == is) return;
  if (!is_new && is_final(was.status)) {
    const auto key = keys::make_ended(was, set.create_time, set.row);
    batch_.Delete(db_[family::ended], slice(key.view())).PermitUncheckedError();
  } else if (!young.was) {
    const auto key = keys::make_open(was, set.create_time, set.row);
    batch_.SingleDelete(db_[family::open], slice(key.view())).PermitUncheckedError();
  }
  if (is_final(is.status)) {
    ended_.push_back(keys::make_ended(is, set.create_time, set.row));
    codec::encode_ended({codec::end_of(set.progress), set.gid}, bytes_);
    put(family::ended, ended_.back().view(), bytes_);
  } else if (!young.is) {
    codec::encode_open(set.gid, bytes_);
    put(family::open, keys::make_open(is, set.create_time, set.row).view(), bytes_);
  }
}

void commit_path::put_branches(const write_set& set) {
  auto index = static_cast<std::uint32_t>(set.first_new_branch);
  for (const auto& branch : set.new_branches) {
    codec::encode_branch(*branch, bytes_);
    put(family::branches, keys::make_branch(set.row, index++).view(), bytes_);
  }
}

void commit_path::put_history(const history_page& page, record_id row) {
  codec::encode_history(page, bytes_);
  put(family::history, keys::make_branch(row, page.slot).view(), bytes_);
}

/// A due entry is put once and removed once, which is what SingleDelete asks for: the pair vanishes from memory and
/// files as soon as it meets, and a scan of what is due does not wade through what was.
/// An entry that changes where it stands is removed and put again in one batch: then, too, there is one put for each
/// removal, in this order.
void commit_path::move_due(const write_set& set, youth young) {
  if (set.progress.due == set.due_before && set.progress.stuck == set.stuck_before) return;
  const shard_id shard = shard_of(set.gid);
  if (is_set(set.due_before) && !young.was) {
    const auto key = keys::make_due(shard, set.due_before, set.row);
    batch_.SingleDelete(db_[family::due], slice(key.view())).PermitUncheckedError();
  }
  if (is_set(set.progress.due) && !young.is) {
    codec::encode_due({set.create_time, set.gid, set.progress.stuck}, bytes_);
    put(family::due, keys::make_due(shard, set.progress.due, set.row).view(), bytes_);
  }
}

void commit_path::put(family one, std::string_view key, std::string_view value) {
  batch_.Put(db_[one], slice(key), slice(value)).PermitUncheckedError();  // fails only beyond a length of 4 GB
}

}  // namespace treaty
