#include "storage/rocksdb/young_records.hpp"

#include <rocksdb/iterator.h>

#include <algorithm>
#include <iterator>
#include <memory>

#include "obs/log.hpp"
#include "storage/codec.hpp"
#include "storage/rocksdb/reader.hpp"

namespace treaty {
namespace {

constexpr std::size_t old_ones_a_batch_max = 256;
/// A start reads the rows from the oldest of them on: at most so many times the number that may be young.
constexpr record_id rows_back_share = 8;

}  // namespace

result<void> young_records::start(record_id next, rocksdb::WriteBatch& batch) {
  const auto read = db_.get({}, family::meta, meta_young, value_);
  if (!read && read.error().code != errc::not_found) return read;
  if (read) {
    const auto mark = codec::decode_row(view(value_));
    if (!mark) return at(family::meta, meta_young, mark.error());
    if (auto adopted = adopt_from(*mark, batch); !adopted) return adopted;
  }
  put_mark(next, batch);
  return {};
}

result<void> young_records::adopt_from(record_id mark, rocksdb::WriteBatch& batch) {
  rocksdb::ReadOptions how;
  how.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> entry{db_->NewIterator(how, db_[family::progress])};
  for (entry->Seek(slice(keys::make_row(mark).view())); entry->Valid(); entry->Next()) {
    const auto row = keys::parse_row(view(entry->key()));
    const auto head = codec::decode_progress_head(view(entry->value()));
    if (!row || (head && is_final(head->status))) continue;
    TREATY_TRY(const std::optional<young> one, look_anyhow(*row));
    if (!one) continue;
    TREATY_TRY(const bool has_entries, is_filed(*row, *one));
    if (!has_entries) put_entries(*row, *one, batch);
  }
  return entry->status().ok() ? result<void>{} : to_failure(entry->status(), name_of(family::progress));
}

result<std::optional<young_records::young>> young_records::look_anyhow(record_id row) {
  auto found = look(row);
  if (found || found.error().code != errc::corrupt) return found;
  log_error("a record cannot be read", {{"why", found.error().detail}});
  const auto read = db_.get({}, family::transactions, keys::make_row(row).view(), value_);
  auto definition = read ? codec::decode_definition(view(value_)) : result<txn_definition>{read.error()};
  if (!definition) return std::optional<young>{};
  young one;
  one.gid = std::move(definition->gid);
  one.created = one.due = definition->create_time;
  one.filed = {txn_status::submitted, definition->type, false};
  return std::optional{std::move(one)};
}

result<std::optional<young_records::young>> young_records::look(record_id row) {
  const auto key = keys::make_row(row);
  auto read = db_.get({}, family::progress, key.view(), value_);
  if (!read && read.error().code == errc::not_found) return std::optional<young>{};
  if (!read) return read.error();
  const auto progress = codec::decode_progress(view(value_));
  if (!progress) return at(family::progress, key.view(), progress.error());
  if (is_final(progress->status)) return std::optional<young>{};
  read = db_.get({}, family::transactions, key.view(), value_);
  if (!read && read.error().code != errc::not_found) return read.error();
  auto definition =
      read ? codec::decode_definition(view(value_)) : result<txn_definition>{{errc::corrupt, "is missing"}};
  if (!definition) return at(family::transactions, key.view(), definition.error());
  young found;
  found.gid = std::move(definition->gid);
  found.created = definition->create_time;
  found.filed = {progress->status, definition->type, progress->stuck};
  found.due = progress->due;
  return std::optional{std::move(found)};
}

result<bool> young_records::is_filed(record_id row, const young& one) {
  const auto key = keys::make_open(one.filed, one.created, row);
  const auto read = db_.get({}, family::open, key.view(), value_);
  if (!read && read.error().code != errc::not_found) return read.error();
  return static_cast<bool>(read);
}

result<bool> young_records::holds(record_id row) {
  const auto found = records_.find(row);
  if (found == records_.end()) return false;
  if (!found->second.may_be_filed) return true;
  TREATY_TRY(const bool has_entries, is_filed(row, found->second));
  found->second.may_be_filed = false;
  if (has_entries) records_.erase(found);
  return !has_entries;
}

void young_records::put(const write_set& set, const keys::list_class& filed) {
  const auto where = records_.try_emplace(records_.end(), set.row);
  young& one = where->second;
  if (one.changed_in == 0) one.gid = set.gid;  // a new one
  one.created = set.create_time;
  one.filed = filed;
  one.due = set.progress.due;
  one.changed_in = batch_;
  one.is_doubtful = false;
  highest_ = std::max(highest_, set.row);
}

void young_records::drop(record_id row) {
  ended_.push_back(records_.extract(row));
}

void young_records::file_surplus(rocksdb::WriteBatch& batch) {
  std::size_t looked_at = 0;
  for (auto at = records_.begin(); at != records_.end(); ++looked_at) {
    const bool is_old = at->first + rows_back_share * most_ < highest_;
    if (records_.size() <= most_ && (!is_old || looked_at >= old_ones_a_batch_max)) break;
    at = at->second.changed_in == batch_ ? std::next(at) : file(at, batch);
  }
  move_mark(batch);
}

bool young_records::file_all(rocksdb::WriteBatch& batch) {
  for (auto at = records_.begin(); at != records_.end();) at = file(at, batch);
  return batch.Count() > 0;
}

std::vector<young_entry> young_records::entries() {
  std::vector<young_entry> out;
  out.reserve(records_.size());
  for (auto at = records_.begin(); at != records_.end();) {
    const auto next = std::next(at);
    const auto is_young = make_sure(at->first, at->second);
    if (is_young && *is_young) {
      out.push_back({at->second.filed, {at->second.created, at->first}, at->second.gid});
    } else if (is_young) {
      records_.erase(at);
    }
    at = next;
  }
  return out;
}

young_records::records::iterator young_records::file(records::iterator at, rocksdb::WriteBatch& batch) {
  const auto is_young = make_sure(at->first, at->second);
  if (!is_young) return std::next(at);
  if (!*is_young) return records_.erase(at);
  put_entries(at->first, at->second, batch);
  const auto next = std::next(at);
  filed_.push_back(records_.extract(at));
  return next;
}

result<bool> young_records::make_sure(record_id row, young& one) {
  if (one.may_be_filed) {
    TREATY_TRY(const bool has_entries, is_filed(row, one));
    if (has_entries) return false;
    one.may_be_filed = false;
  }
  if (!one.is_doubtful) return true;
  TREATY_TRY(auto stored, look(row));
  if (!stored) return false;
  one = *std::move(stored);
  return true;
}

void young_records::put_entries(record_id row, const young& one, rocksdb::WriteBatch& batch) {
  const auto put = [&](family to, std::string_view key) {
    batch.Put(db_[to], slice(key), slice(bytes_)).PermitUncheckedError();  // fails only beyond a length of 4 GB
  };
  codec::encode_open(one.gid, bytes_);
  put(family::open, keys::make_open(one.filed, one.created, row).view());
  if (!is_set(one.due)) return;
  codec::encode_due({one.created, one.gid, one.filed.stuck}, bytes_);
  put(family::due, keys::make_due(shard_of(one.gid), one.due, row).view());
}

/// Now and then. Lanes write their rows a little out of order: the mark stays behind, for one that comes when it has
/// passed gets its entries at once.
void young_records::move_mark(rocksdb::WriteBatch& batch) {
  const record_id behind = highest_ - std::min<record_id>(highest_, most_ / 4);
  const record_id mark = records_.empty() ? behind : std::min(behind, records_.begin()->first);
  if (mark >= mark_ + most_) put_mark(mark, batch);
}

void young_records::put_mark(record_id mark, rocksdb::WriteBatch& batch) {
  mark_ = mark;
  codec::encode_row(mark, bytes_);
  batch.Put(db_[family::meta], slice(meta_young), slice(bytes_)).PermitUncheckedError();
}

void young_records::written() {
  ++batch_;
  ended_.clear();
  filed_.clear();
}

void young_records::failed() {
  for (auto& [row, one] : records_) one.is_doubtful = one.is_doubtful || one.changed_in == batch_;
  for (auto& node : ended_) {
    node.mapped().is_doubtful = true;
    records_.insert(std::move(node));
  }
  for (auto& node : filed_) {
    node.mapped().may_be_filed = true;
    records_.insert(std::move(node));
  }
  written();
}

}  // namespace treaty
