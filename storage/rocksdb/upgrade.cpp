#include "storage/rocksdb/upgrade.hpp"

#include <rocksdb/iterator.h>
#include <rocksdb/write_batch.h>

#include <memory>
#include <string>

#include "obs/log.hpp"
#include "storage/codec.hpp"
#include "storage/keys.hpp"

namespace treaty {
namespace {

constexpr std::size_t batch_entries = 8'192;
constexpr std::size_t entries_between_words = 1'000'000;

result<void> write(database& db, rocksdb::WriteBatch& batch, bool sync) {
  rocksdb::WriteOptions how;
  how.sync = sync;
  const auto status = db->Write(how, &batch);
  batch.Clear();
  return status.ok() ? result<void>{} : to_failure(status, retired_timeline);
}

result<void> raise_format(database& db) {
  rocksdb::WriteBatch batch;
  batch.Put(db[family::meta], slice(meta_format), std::to_string(codec::store_format)).PermitUncheckedError();
  return write(db, batch, /*sync=*/true);
}

/// Adds what the entry says to the families of this format, and removes it. False: it cannot be read.
bool take_over(database& db, std::string_view key, std::string_view value, rocksdb::WriteBatch& batch) {
  const auto position = keys::parse_position(key);
  const auto entry = codec::decode_timeline(value);
  if (!position || !entry) return false;
  const auto put = [&](family one, std::string_view at, const std::string& bytes) {
    batch.Put(db[one], slice(at), bytes).PermitUncheckedError();
  };
  const keys::list_class filed{entry->status, entry->type, entry->stuck};
  std::string bytes;
  if (is_final(entry->status)) {
    codec::encode_ended({entry->end, entry->gid}, bytes);
    put(family::ended, keys::make_ended(filed, position->created, position->row).view(), bytes);
  } else {
    codec::encode_open(entry->gid, bytes);
    put(family::open, keys::make_open(filed, position->created, position->row).view(), bytes);
  }
  codec::encode_gid({position->row, position->created}, bytes);
  put(family::gids, entry->gid.value, bytes);
  batch.Delete(db.timeline(), slice(key)).PermitUncheckedError();
  return true;
}

}  // namespace

result<void> upgrade(database& db) {
  if (auto raised = raise_format(db); !raised) return raised;
  rocksdb::ReadOptions how;
  how.fill_cache = false;
  rocksdb::WriteBatch batch;
  std::size_t taken = 0;
  std::size_t left = 0;
  {
    const std::unique_ptr<rocksdb::Iterator> entry{db->NewIterator(how, db.timeline())};
    for (entry->SeekToFirst(); entry->Valid(); entry->Next()) {
      if (!take_over(db, view(entry->key()), view(entry->value()), batch)) {
        left += 1;
        log_error("a list entry of an older format cannot be read, and stays as it is",
                  {{"family", retired_timeline}, {"key", keys::to_hex(view(entry->key()))}});
        continue;
      }
      taken += 1;
      if (taken % batch_entries == 0) {
        if (auto written = write(db, batch, /*sync=*/false); !written) return written;
      }
      if (taken % entries_between_words == 0)
        log_info("the store's lists are brought to this build's format", {{"entries", std::to_string(taken)}});
    }
    if (!entry->status().ok()) return to_failure(entry->status(), retired_timeline);
  }
  if (auto written = write(db, batch, /*sync=*/true); !written) return written;
  log_info("the store's lists have this build's format", {{"entries", std::to_string(taken)}});
  return left == 0 ? db.drop_timeline() : result<void>{};
}

}  // namespace treaty
