#include "storage/rocksdb/health_monitor.hpp"

#include <rocksdb/convenience.h>

#include <chrono>
#include <future>
#include <utility>

#include "obs/log.hpp"

namespace treaty {
namespace {

constexpr std::chrono::seconds resume_interval{1};
constexpr std::chrono::seconds flush_begin_limit{1};
constexpr int idle_looks_max = 5;  // one at each interval
using properties = rocksdb::DB::Properties;

bool stops_writes(const rocksdb::Status& status) {
  return status.severity() >= rocksdb::Status::Severity::kHardError;
}

/// RocksDB refuses to resume after such an error.
bool needs_restart(const rocksdb::Status& status) {
  return status.severity() >= rocksdb::Status::Severity::kFatalError || status.IsCorruption();
}

store_health describe(const rocksdb::Status& status) {
  if (status.IsCorruption()) {  // met while files are merged; a restart meets it again
    return {store_state::failed,
            "a file is damaged, nothing is written any more: restore the directory from a backup or a snapshot: " +
                status.ToString()};
  }
  if (needs_restart(status)) return {store_state::failed, "writes fail until a restart: " + status.ToString()};
  if (status.IsNoSpace()) return {store_state::read_only, "no space left: " + status.ToString()};
  return {store_state::read_only, "writes fail: " + status.ToString()};
}

/// Of all families together.
std::uint64_t figure(rocksdb::DB& db, const std::string& property) {
  std::uint64_t sum = 0;
  return db.GetAggregatedIntProperty(property, &sum) ? sum : 0;
}

}  // namespace

void health_monitor::watch(rocksdb::DB& db, fair_mutex& write_lock) {
  const std::lock_guard lock{mutex_};
  db_ = &db;
  write_lock_ = &write_lock;
  mender_ = std::thread{[this] { mend(); }};
}

void health_monitor::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (!mender_.joinable()) return;
  rocksdb::CancelAllBackgroundWork(db_, false);  // ends a resumption, which may wait for what never comes
  mender_.join();
  const std::lock_guard lock{mutex_};
  db_ = nullptr;
}

store_health health_monitor::health() const {
  const std::lock_guard lock{mutex_};
  return health_;
}

void health_monitor::report(const rocksdb::Status& status) {
  turn(describe(status));
}

/// What was heard first stands, until it is found that only a restart helps: the listener knows how severe an error is,
/// the status that a failed write returns does not.
void health_monitor::turn(const store_health& found) {
  const bool is_final = found.state == store_state::failed;
  {
    const std::lock_guard lock{mutex_};
    if (!serving() && (!is_final || health_.state == store_state::failed)) return;
    health_ = found;
    serving_.store(false, std::memory_order_release);
  }
  changed_.notify_all();
  if (is_final) log_error("the store needs a restart", {{"why", found.detail}});
}

void health_monitor::OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) {
  using enum rocksdb::BackgroundErrorReason;
  if (stops_writes(*status)) {
    if (reason != kFlush && reason != kFlushNoWAL && !needs_restart(*status)) await_flushes_begun();
    if (reason == kWriteCallback) set(log_is_broken_, true);
    return report(*status);
  }
  set(resting_, true);
  changed_.notify_all();
}

void health_monitor::OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* automatic) {
  *automatic = false;
}

void health_monitor::OnFlushBegin(rocksdb::DB*, const rocksdb::FlushJobInfo&) {
  { const std::lock_guard lock{mutex_}; }  // or one who has just looked might not hear it
  changed_.notify_all();
}

/// RocksDB (7.8) counts a flush as begun when it gives it to its thread. The error that it is about to take note of has
/// a thread that comes later leave without having begun: then one of those that are queued has nobody who counts it,
/// and a resumption waits for it for ever. The first write of a new log is what fails on a full disk, and memory has
/// been given to be flushed just before. So those that are to come begin before RocksDB knows of the error. One that
/// fails has the same effect.
void health_monitor::await_flushes_begun() {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, flush_begin_limit, [this] {
    return stopping_ || !serving() || db_ == nullptr || figure(*db_, properties::kMemTableFlushPending) == 0;
  });
}

bool health_monitor::set(bool& flag, bool value) {
  const std::lock_guard lock{mutex_};
  return std::exchange(flag, value);
}

void health_monitor::recovered() {
  const std::lock_guard lock{mutex_};
  health_ = {};
  serving_.store(true, std::memory_order_release);
}

void health_monitor::mend() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    changed_.wait(lock, [this] { return stopping_ || (serving() ? resting_ : health_.state != store_state::failed); });
    changed_.wait_for(lock, resume_interval, [this] { return stopping_; });
    if (stopping_) continue;
    lock.unlock();  // what follows calls our listener methods
    serving() ? end_rest() : mend_once();
    lock.lock();
  }
}

void health_monitor::end_rest() {
  set(resting_, false);
  if (!db_->Resume().ok()) set(resting_, true);
}

/// Resuming flushes what is in memory, and begins a new log with that; with nothing in memory it keeps the broken log,
/// and RocksDB ends the process at the next write. It flushes family by family, as far as there is room: a later
/// attempt may find nothing that is still written to, and a new log that is well.
void health_monitor::mend_once() {
  // A flush that has failed sleeps, and may then let the next one begin: not while an attempt ends.
  if (figure(*db_, properties::kNumRunningFlushes) > 0) return;
  const std::uint64_t written_to = figure(*db_, properties::kNumEntriesActiveMemTable);
  const bool was_broken = set(log_is_broken_, false);
  if (was_broken && written_to == 0)
    return turn({store_state::failed, "writes fail until a restart: the log failed when nothing was in memory"});
  if (!resume()) {
    const bool has_new_log = figure(*db_, properties::kNumEntriesActiveMemTable) < written_to;
    if (was_broken && !has_new_log) set(log_is_broken_, true);
    return;
  }
  const std::lock_guard lock{*write_lock_};
  if (fill_memory() && db_->Put({}, "mended", "").ok()) recovered();
}

/// Ends when stop() is called, at the latest.
bool health_monitor::resume() {
  auto resumed = std::async(std::launch::async, [this] { return db_->Resume().ok(); });
  for (int idle_looks = 0; resumed.wait_for(resume_interval) != std::future_status::ready;) {
    const bool is_idle =
        figure(*db_, properties::kNumRunningFlushes) == 0 && figure(*db_, properties::kMemTableFlushPending) > 0;
    idle_looks = is_idle ? idle_looks + 1 : 0;
    if (idle_looks == idle_looks_max)
      turn({store_state::failed, "writes fail until a restart: RocksDB waits for a flush that does not begin"});
  }
  return resumed.get();
}

/// So that the log can be replaced once more when its first write fails: with something that is in no log. Not when
/// there is something: then the log may hold writes already, and RocksDB's numbers in it must have no gap.
bool health_monitor::fill_memory() {
  const std::uint64_t held =
      figure(*db_, properties::kNumEntriesActiveMemTable) + figure(*db_, properties::kNumEntriesImmMemTables);
  rocksdb::WriteOptions how;
  how.disableWAL = true;
  return held > 0 || db_->Put(how, "mended", "").ok();
}

}  // namespace treaty
