#include "storage/rocksdb/opener.hpp"

#include <rocksdb/env.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <random>

#include "obs/log.hpp"
#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/rocksdb/log_check.hpp"
#include "storage/rocksdb/silent_log.hpp"
#include "storage/rocksdb/tuning.hpp"
#include "storage/rocksdb/upgrade.hpp"

namespace treaty {
namespace {

namespace files = std::filesystem;

constexpr const char* restore_it = "nothing was changed: restore the directory from a backup or a snapshot";

/// What RocksDB leaves behind when it is killed while it creates its first file. Such a directory is as good as empty.
bool is_leftover(const std::string& name) {
  return name == "LOCK" || name == "IDENTITY" || name == "lost+found" || name.starts_with("LOG") ||
         name.starts_with("OPTIONS-") || name == "MANIFEST-000001" || name.ends_with(".dbtmp");
}

bool is_ours(const std::string& name) {
  return name == rocksdb::kDefaultColumnFamilyName || name == retired_timeline ||
         std::any_of(all_families.begin(), all_families.end(), [&](family one) { return name_of(one) == name; });
}

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The families of a store: ours, or those of an older format, and perhaps some of those that an upgrade adds.
bool is_whole(const std::vector<std::string>& names) {
  const bool is_older = holds(names, retired_timeline);
  return std::all_of(names.begin(), names.end(), is_ours) &&
         std::all_of(all_families.begin(), all_families.end(), [&](family one) {
           return holds(names, name_of(one)) || (is_older && (one == family::open || one == family::ended));
         });
}

bool names_another_owner(const std::string& status) {
  return status.find("lock hold by current process") != std::string::npos ||
         status.find("While lock file") != std::string::npos;
}

/// RocksDB's own lock, held while its files are looked at.
class directory_lock {
public:
  explicit directory_lock(const std::string& path)
      : status_{rocksdb::Env::Default()->LockFile(path + "/LOCK", &lock_)} {}
  directory_lock(const directory_lock&) = delete;
  directory_lock& operator=(const directory_lock&) = delete;
  ~directory_lock() {
    if (status_.ok()) rocksdb::Env::Default()->UnlockFile(lock_).PermitUncheckedError();
  }
  const rocksdb::Status& status() const { return status_; }

private:
  rocksdb::FileLock* lock_ = nullptr;
  rocksdb::Status status_;
};

std::string make_node_identity() {
  std::random_device device;
  std::string bytes;
  for (int i = 0; i < 2; ++i) bytes += keys::make_row(std::uint64_t{device()} << 32 | device()).view();
  return keys::to_hex(bytes);
}

}  // namespace

opener::opener(const rocksdb_options& options, std::shared_ptr<rocksdb::EventListener> listener)
    : options_{options}, tuned_{tune_database(options)}, cache_{make_cache(options)} {
  tuned_.listeners.push_back(std::move(listener));
}

result<std::unique_ptr<database>> opener::run() {
  TREATY_TRY(const found what, inspect_directory());
  if (what == found::database) {
    TREATY_TRY(has_timeline_, inspect_database());
  }
  TREATY_TRY(auto db, open_database());
  if (auto marked = check_marks(*db); !marked) return marked.error();
  if (db->timeline() != nullptr) {
    if (auto taken = upgrade(*db); !taken)
      return refuse(taken.error().code, "cannot be upgraded: " + taken.error().detail);
  }
  return db;
}

result<opener::found> opener::inspect_directory() const {
  std::error_code error;
  files::create_directories(options_.path, error);
  if (error && !files::is_directory(options_.path))
    return refuse(errc::unavailable, "cannot be made: " + error.message());
  files::directory_iterator entries{options_.path, error};
  if (error) return refuse(errc::unavailable, "cannot be read: " + error.message());
  if (files::exists(files::path{options_.path} / "CURRENT", error)) return found::database;
  std::string foreign;
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (is_leftover(name)) continue;
    if (name.starts_with("MANIFEST-"))
      return refuse(errc::corrupt, std::string{"is a store whose file CURRENT is missing; "} + restore_it);
    foreign = name;
  }
  if (!foreign.empty()) return refuse(errc::invalid_argument, "holds something else than a store: " + foreign);
  return found::nothing;
}

result<bool> opener::inspect_database() const {
  const directory_lock lock{options_.path};
  if (!lock.status().ok()) return explain(lock.status());
  std::vector<std::string> names;
  const auto status = rocksdb::DB::ListColumnFamilies(tuned_, options_.path, &names);
  if (!status.ok()) return explain(status);
  if (auto known = is_whole(names) ? inspect_logs(names) : inspect_foreign(names); !known) return known.error();
  return holds(names, retired_timeline);
}

result<void> opener::inspect_logs(const std::vector<std::string>& names) const {
  TREATY_TRY(const std::string dropped, check_logs(options_.path, names));
  if (!dropped.empty()) {
    log_warn("the store's log ends in a write that was cut off: it is dropped, it was never acknowledged",
             {{"where", dropped}});
  }
  return {};
}

/// Other families than ours: a newer store, a creation that was cut short, or another program's database. Looked at
/// without writing, because the last of them is none of our business.
result<void> opener::inspect_foreign(const std::vector<std::string>& names) const {
  std::vector<rocksdb::ColumnFamilyDescriptor> wanted{{rocksdb::kDefaultColumnFamilyName, {}}};
  const std::string meta{name_of(family::meta)};
  if (holds(names, meta)) wanted.emplace_back(meta, rocksdb::ColumnFamilyOptions{});
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  rocksdb::DBOptions plain;
  plain.info_log = std::make_shared<silent_log>();
  const auto status = rocksdb::DB::OpenForReadOnly(plain, options_.path, wanted, &handles, &opened);
  if (!status.ok()) return explain(status);
  const std::unique_ptr<rocksdb::DB> db{opened};
  std::string format;
  if (handles.size() == 2) db->Get({}, handles[1], slice(meta_format), &format).PermitUncheckedError();
  const bool is_empty = db->GetLatestSequenceNumber() == 0;
  for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  if (!format.empty())
    return refuse(errc::unsupported, "is a store of format " + format + ", which this build does not know");
  if (is_empty && std::all_of(names.begin(), names.end(), is_ours)) return {};
  return refuse(errc::invalid_argument, "holds another program's RocksDB database");
}

result<std::unique_ptr<database>> opener::open_database() const {
  std::vector<rocksdb::ColumnFamilyDescriptor> wanted{{rocksdb::kDefaultColumnFamilyName, {}}};
  const auto replayed = std::make_shared<std::atomic<bool>>(false);
  for (const family one : all_families)
    wanted.emplace_back(std::string{name_of(one)}, tune_family(one, options_, cache_, replayed));
  if (has_timeline_) wanted.emplace_back(std::string{retired_timeline}, tune_retired(options_, cache_));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::Open(tuned_, options_.path, wanted, &handles, &opened);
  if (!status.ok()) return explain(status);
  std::unique_ptr<database> db{new database};
  db->db_.reset(opened);
  db->default_ = handles.front();
  std::copy_n(handles.begin() + 1, all_families.size(), db->handles_.begin());
  if (has_timeline_) db->timeline_ = handles.back();
  *replayed = true;
  return db;
}

result<void> opener::check_marks(const database& db) const {
  rocksdb::PinnableSlice value;
  const auto read = db.get({}, family::meta, meta_format, value);
  if (!read && read.error().code == errc::corrupt) return damaged_store(options_.path, read.error().detail);
  if (!read && read.error().code != errc::not_found) return read.error();
  if (!read) {
    if (db->GetLatestSequenceNumber() == 0) return write_marks(db);
    return refuse(errc::invalid_argument, "holds records, but nothing says that they are a store's");
  }
  const std::string text = value.ToString();
  std::uint32_t format = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), format);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || format == 0) {
    return refuse(errc::corrupt, "names its format \"" + text + '"');
  }
  if (format > codec::store_format) {
    return refuse(errc::unsupported,
                  "is a store of format " + text + ", this build knows up to " + std::to_string(codec::store_format));
  }
  return {};
}

result<void> opener::write_marks(const database& db) const {
  rocksdb::WriteBatch batch;
  batch.Put(db[family::meta], slice(meta_format), std::to_string(codec::store_format)).PermitUncheckedError();
  batch.Put(db[family::meta], slice(meta_node), make_node_identity()).PermitUncheckedError();
  rocksdb::WriteOptions how;
  how.sync = true;
  const auto status = db->Write(how, &batch);
  return status.ok() ? result<void>{} : to_failure(status, options_.path);
}

/// What RocksDB says, and what can be done about it.
failure opener::explain(const rocksdb::Status& status) const {
  const std::string text = status.ToString();
  if (names_another_owner(text)) {
    return refuse(errc::unavailable,
                  "is in use by another process: stop that one, or give this one a Store.Path of its own: " + text);
  }
  if (status.IsNoSpace()) return refuse(errc::unavailable, "has no space left: make room, and start again: " + text);
  if (status.IsPathNotFound() || text.find("No such file or directory") != std::string::npos || status.IsCorruption())
    return refuse(errc::corrupt, std::string{"is a store, and damaged; "} + restore_it + ": " + text);
  return refuse(errc::unavailable,
                "cannot be opened: Store.Path must be a directory on a working disk that this user "
                "may write: " +
                    text);
}

failure opener::refuse(errc code, const std::string& why) const {
  return failure{code, options_.path + ' ' + why};
}

}  // namespace treaty
