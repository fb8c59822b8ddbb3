#pragma once

#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <array>
#include <memory>
#include <string_view>

#include "core/base/result.hpp"
#include "storage/rocksdb/rocksdb_store.hpp"

namespace treaty {

/// The column families; docs/storage-format.md lists what each holds.
enum class family : std::uint8_t { gids, transactions, progress, branches, due, open, ended, kv, history, meta };
inline constexpr std::array all_families{family::gids,    family::transactions, family::progress, family::branches,
                                         family::due,     family::open,         family::ended,    family::kv,
                                         family::history, family::meta};
std::string_view name_of(family one);
/// Of the formats 1 and 2, where it stood for `open` and `ended`.
inline constexpr std::string_view retired_timeline = "timeline";

/// Keys of the family `meta`.
inline constexpr std::string_view meta_format = "format";  // decimal text, in every format to come
inline constexpr std::string_view meta_rows = "rows";      // every row number handed out so far is below this
inline constexpr std::string_view meta_young = "young";    // unfinished records of lower rows are in `open` and `due`
inline constexpr std::string_view meta_node = "node";      // hex; names this store for its whole life

inline std::string_view view(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}
inline rocksdb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

/// "progress 000000000000002a": how errors name a key.
std::string name_key(family one, std::string_view key);

/// A RocksDB error in our words; `what` says what was tried.
failure to_failure(const rocksdb::Status& status, std::string_view what);

/// How a store that cannot be opened, or gone on with, is named: it cannot be read, for the reason `why`.
failure damaged_store(const std::string& path, const std::string& why);

/// An open RocksDB with its families. Closes with the object.
class database {
public:
  /// Opens or creates; checks that it is ours and of a format that we know. Errors: as open_rocksdb_store.
  static result<std::unique_ptr<database>> open(const rocksdb_options& options,
                                                std::shared_ptr<rocksdb::EventListener> listener);
  database(const database&) = delete;
  database& operator=(const database&) = delete;
  ~database();

  rocksdb::DB& operator*() const { return *db_; }
  rocksdb::DB* operator->() const { return db_.get(); }
  rocksdb::ColumnFamilyHandle* operator[](family one) const { return handles_[static_cast<std::size_t>(one)]; }

  /// What an older build has left and `upgrade` (upgrade.hpp) takes over; null: nothing.
  rocksdb::ColumnFamilyHandle* timeline() const { return timeline_; }
  /// Removes it with all that is in it. Errors: unavailable.
  result<void> drop_timeline();

  /// Errors: not_found; unavailable; corrupt, naming the key.
  result<void> get(const rocksdb::ReadOptions& how, family one, std::string_view key,
                   rocksdb::PinnableSlice& value) const;

  store_footprint footprint() const;

private:
  database() = default;
  friend class opener;

  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* default_ = nullptr;  // RocksDB insists on it; we keep nothing there
  rocksdb::ColumnFamilyHandle* timeline_ = nullptr;
  std::array<rocksdb::ColumnFamilyHandle*, all_families.size()> handles_{};
};

}  // namespace treaty
