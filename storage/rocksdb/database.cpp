#include "storage/rocksdb/database.hpp"

#include <atomic>
#include <chrono>

#include "obs/log.hpp"
#include "storage/keys.hpp"
#include "storage/rocksdb/opener.hpp"

namespace treaty {
namespace {

/// A damaged block may be met thousands of times a second.
void tell_damage(const rocksdb::Status& status, std::string_view what) {
  using clock = std::chrono::steady_clock;
  static std::atomic<clock::rep> told{0};
  constexpr clock::rep pause = std::chrono::nanoseconds{std::chrono::seconds{1}}.count();
  const clock::rep now = clock::now().time_since_epoch().count();
  clock::rep last = told;
  if ((last != 0 && now - last < pause) || !told.compare_exchange_strong(last, now)) return;
  log_error("the store's files are damaged: what cannot be read is left as it is; restore them from a backup",
            {{"where", what}, {"why", status.ToString()}});
}

}  // namespace

std::string_view name_of(family one) {
  switch (one) {
    case family::gids:
      return "gids";
    case family::transactions:
      return "transactions";
    case family::progress:
      return "progress";
    case family::branches:
      return "branches";
    case family::due:
      return "due";
    case family::open:
      return "open";
    case family::ended:
      return "ended";
    case family::kv:
      return "kv";
    case family::history:
      return "history";
    case family::meta:
      return "meta";
  }
  return "unnamed";
}

std::string name_key(family one, std::string_view key) {
  const bool is_text = one == family::gids || one == family::meta;
  return std::string{name_of(one)} + ' ' + (is_text ? std::string{key} : keys::to_hex(key));
}

failure to_failure(const rocksdb::Status& status, std::string_view what) {
  if (status.IsCorruption()) tell_damage(status, what);
  const errc code = status.IsNotFound() ? errc::not_found : status.IsCorruption() ? errc::corrupt : errc::unavailable;
  return failure{code, std::string{what} + ": " + status.ToString()};
}

failure damaged_store(const std::string& path, const std::string& why) {
  return {errc::corrupt, path + " is a store, and damaged: restore the directory from a backup or a snapshot: " + why};
}

result<std::unique_ptr<database>> database::open(const rocksdb_options& options,
                                                 std::shared_ptr<rocksdb::EventListener> listener) {
  return opener{options, std::move(listener)}.run();
}

database::~database() {
  for (auto* handle : handles_) db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  if (timeline_ != nullptr) db_->DestroyColumnFamilyHandle(timeline_).PermitUncheckedError();
  db_->DestroyColumnFamilyHandle(default_).PermitUncheckedError();
  db_->Close().PermitUncheckedError();
}

result<void> database::drop_timeline() {
  if (const auto status = db_->DropColumnFamily(timeline_); !status.ok()) return to_failure(status, retired_timeline);
  db_->DestroyColumnFamilyHandle(timeline_).PermitUncheckedError();
  timeline_ = nullptr;
  return {};
}

result<void> database::get(const rocksdb::ReadOptions& how, family one, std::string_view key,
                           rocksdb::PinnableSlice& value) const {
  value.Reset();
  const auto status = db_->Get(how, (*this)[one], slice(key), &value);
  return status.ok() ? result<void>{} : to_failure(status, name_key(one, key));
}

store_footprint database::footprint() const {
  const auto sum = [&](const std::string& property) {
    std::uint64_t total = 0;
    return db_->GetAggregatedIntProperty(property, &total) ? total : 0;
  };
  const auto of_all = [&](const std::string& property) {  // one number for the whole database
    std::uint64_t value = 0;
    return db_->GetIntProperty((*this)[family::meta], property, &value) ? value : 0;
  };
  using properties = rocksdb::DB::Properties;
  return {sum(properties::kSizeAllMemTables), of_all(properties::kBlockCacheUsage),
          sum(properties::kEstimateTableReadersMem), sum(properties::kLiveSstFilesSize),
          of_all(properties::kIsWriteStopped) != 0 || of_all(properties::kActualDelayedWriteRate) != 0};
}

}  // namespace treaty
