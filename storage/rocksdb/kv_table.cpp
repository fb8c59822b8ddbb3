#include "storage/rocksdb/kv_table.hpp"

#include <rocksdb/iterator.h>

#include <algorithm>

#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/rules.hpp"

namespace treaty {
namespace {

result<kv_record> decode(std::string_view key, std::string_view value) {
  auto record = codec::decode_kv(value);
  if (!record) return failure{errc::corrupt, name_key(family::kv, key) + ": " + record.error().detail};
  if (keys::make_kv(record->category, record->key) != key) {
    return failure{errc::corrupt, name_key(family::kv, key) + ": is of " + record->category + ' ' + record->key};
  }
  return record;
}

}  // namespace

result<void> kv_table::check_serving() const {
  if (monitor_.serving()) return {};
  return failure{errc::unavailable, "store: " + monitor_.health().detail};
}

result<void> kv_table::put(const kv_record& record, std::uint64_t expected) {
  if (auto storable = check_storable(record, expected); !storable) return storable;
  const std::lock_guard lock{write_lock_};
  if (auto serving = check_serving(); !serving) return serving;
  const auto stored = load(record.category, record.key);
  if (!stored && stored.error().code != errc::not_found) return stored.error();
  if (auto held = check_guard(record, expected, stored ? stored->version : 0); !held) return held;
  std::string bytes;
  codec::encode_kv(record, bytes);
  const std::string key = keys::make_kv(record.category, record.key);
  rocksdb::WriteBatch batch;
  batch.Put(db_[family::kv], slice(key), slice(bytes)).PermitUncheckedError();  // fails only beyond a length of 4 GB
  return writes_.write(batch, durability::synced);
}

result<void> kv_table::remove(const std::string& category, const std::string& key) {
  const std::lock_guard lock{write_lock_};
  if (auto serving = check_serving(); !serving) return serving;
  const std::string stored_key = keys::make_kv(category, key);
  rocksdb::PinnableSlice value;
  if (auto read = db_.get({}, family::kv, stored_key, value); !read) {
    return read.error().code == errc::not_found ? no_kv(category, key) : read.error();
  }
  rocksdb::WriteBatch batch;
  batch.Delete(db_[family::kv], slice(stored_key)).PermitUncheckedError();
  return writes_.write(batch, durability::synced);
}

result<kv_record> kv_table::load(const std::string& category, const std::string& key) const {
  const std::string stored_key = keys::make_kv(category, key);
  rocksdb::PinnableSlice value;
  if (auto read = db_.get({}, family::kv, stored_key, value); !read) {
    return read.error().code == errc::not_found ? no_kv(category, key) : read.error();
  }
  return decode(stored_key, view(value));
}

result<kv_page> kv_table::list(const kv_query& query) const {
  if (auto good = check_limit(query.limit); !good) return good.error();
  std::string from = query.category.empty() ? std::string{} : keys::make_kv(query.category, {});
  if (!query.after.empty()) {
    TREATY_TRY(const std::string after, keys::parse_kv_cursor(query.after));
    from = std::max(from, after + '\0');  // the least key behind it
  }
  kv_page page;
  std::size_t bytes = 0;
  std::string last;
  const std::unique_ptr<rocksdb::Iterator> entry{db_->NewIterator({}, db_[family::kv])};
  for (entry->Seek(slice(from)); entry->Valid(); entry->Next()) {
    const std::string_view key = view(entry->key());
    const auto parts = keys::parse_kv(key);
    if (!parts) return failure{errc::corrupt, name_key(family::kv, key) + ": is no key of this family"};
    if (!query.category.empty() && parts->category != query.category) break;
    if (page.records.size() == query.limit || bytes >= kv_page_bytes_max) {
      page.next = keys::to_hex(last);
      break;
    }
    TREATY_TRY(kv_record record, decode(key, view(entry->value())));
    bytes += record.value.size();
    page.records.push_back(std::move(record));
    last = key;
  }
  if (!entry->status().ok()) return to_failure(entry->status(), name_of(family::kv));
  return page;
}

}  // namespace treaty
