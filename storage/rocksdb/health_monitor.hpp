#pragma once

#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "storage/rocksdb/fair_mutex.hpp"
#include "storage/store.hpp"

namespace treaty {

/// Knows whether the store serves, and brings it back.
///
/// A failed write or a background error ends serving. From then on a thread of its own asks RocksDB once a second to
/// resume: it flushes what is in memory to new files and starts a new log, so nothing rests on the one whose sync
/// failed. RocksDB's own way back from a full disk is switched off: it waits until more is free than a disk that was
/// just given some room may have, and keeps ours out meanwhile. The thread sleeps on a condition while all is well.
///
///     serving --error--> read_only --resumed, and a write works--> serving
///                        read_only --only a restart helps--> failed
/// Threads: every call from any.
class health_monitor final : public rocksdb::EventListener {
public:
  ~health_monitor() override { stop(); }

  /// Starts to mend `db`; whoever writes to it holds `write_lock`. Both must outlive the call of stop().
  void watch(rocksdb::DB& db, fair_mutex& write_lock);
  /// RocksDB flushes and compacts nothing from here on.
  void stop();

  bool serving() const noexcept { return serving_.load(std::memory_order_acquire); }
  store_health health() const;
  /// A write has failed.
  void report(const rocksdb::Status& status);

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override;
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status status, bool* automatic) override;
  void OnFlushBegin(rocksdb::DB* db, const rocksdb::FlushJobInfo& info) override;

private:
  void await_flushes_begun();
  void mend();
  void end_rest();
  void mend_once();
  bool resume();
  bool fill_memory();
  void recovered();
  void turn(const store_health& found);
  bool set(bool& flag, bool value);  // returns what it was

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> serving_{true};
  bool stopping_ = false;
  bool resting_ = false;        // it serves, but flushes and compactions have stopped
  bool log_is_broken_ = false;  // a write to it has failed, and no new one has begun
  store_health health_;
  rocksdb::DB* db_ = nullptr;  // none but between watch() and stop()
  fair_mutex* write_lock_ = nullptr;
  std::thread mender_;
};

}  // namespace treaty
