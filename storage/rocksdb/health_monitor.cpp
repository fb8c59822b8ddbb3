#include "storage/rocksdb/health_monitor.hpp"

#include <chrono>

namespace treaty {
namespace {

constexpr std::chrono::seconds resume_interval{1};

bool stops_writes(const rocksdb::Status& status) {
  return status.severity() >= rocksdb::Status::Severity::kHardError;
}

store_health describe(const rocksdb::Status& status) {
  if (status.IsNoSpace()) return {store_state::read_only, "no space left: " + status.ToString()};
  if (status.severity() >= rocksdb::Status::Severity::kFatalError || status.IsCorruption()) {
    return {store_state::failed, "writes fail until a restart: " + status.ToString()};
  }
  return {store_state::read_only, "writes fail: " + status.ToString()};
}

}  // namespace

void health_monitor::watch(rocksdb::DB& db) {
  mender_ = std::thread{[this, &db] { mend(db); }};
}

void health_monitor::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (mender_.joinable()) mender_.join();
}

store_health health_monitor::health() const {
  const std::lock_guard lock{mutex_};
  return health_;
}

void health_monitor::report(const rocksdb::Status& status) {
  {
    const std::lock_guard lock{mutex_};
    // What the listener has heard stands: it knows how severe it is, the status that a failed write returns does not.
    if (!serving()) return;
    health_ = describe(status);
    serving_.store(false, std::memory_order_release);
  }
  changed_.notify_all();
}

void health_monitor::OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) {
  if (stops_writes(*status)) return report(*status);
  {
    const std::lock_guard lock{mutex_};
    resting_ = true;
  }
  changed_.notify_all();
}

void health_monitor::OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* automatic) {
  *automatic = false;
}

void health_monitor::recovered() {
  const std::lock_guard lock{mutex_};
  health_ = {};
  resting_ = false;
  serving_.store(true, std::memory_order_release);
}

void health_monitor::mend(rocksdb::DB& db) {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    changed_.wait(lock, [this] { return stopping_ || resting_ || !serving(); });
    changed_.wait_for(lock, resume_interval, [this] { return stopping_; });
    if (stopping_ || (serving() && !resting_)) continue;
    lock.unlock();
    mend_once(db);  // calls our listener methods, so not under the lock
    lock.lock();
  }
}

/// Resuming flushes what is in memory, and begins a new log with that; with nothing in memory it keeps the broken log,
/// and RocksDB ends the process at the next write. So there has to be something, also for the failure that comes next.
void health_monitor::mend_once(rocksdb::DB& db) {
  std::uint64_t in_memory = 0;
  if (!db.GetAggregatedIntProperty(rocksdb::DB::Properties::kNumEntriesActiveMemTable, &in_memory) || in_memory == 0) {
    const std::lock_guard lock{mutex_};
    if (!serving())
      health_ = {store_state::failed, "writes fail until a restart: the log failed when nothing was in memory"};
    return;
  }
  if (!db.Resume().ok()) return;
  if (db.Put({}, "mended", "").ok()) recovered();
}

}  // namespace treaty
