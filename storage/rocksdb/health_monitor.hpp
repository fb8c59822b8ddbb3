#pragma once

#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "storage/store.hpp"

namespace treaty {

/// Knows whether the store serves, and brings it back.
///
/// A failed write or a background error ends serving. From then on a thread of its own asks RocksDB once a second to
/// resume: it flushes what is in memory to new files and starts a new log, so nothing rests on the one whose sync
/// failed. RocksDB's own way back from a full disk is switched off: it waits until more is free than a disk that was
/// just given some room may have, and keeps ours out meanwhile. The thread sleeps on a condition while all is well.
/// Threads: every call from any.
class health_monitor final : public rocksdb::EventListener {
public:
  ~health_monitor() override { stop(); }

  /// Starts to mend `db`, which must outlive the call of stop().
  void watch(rocksdb::DB& db);
  void stop();

  bool serving() const noexcept { return serving_.load(std::memory_order_acquire); }
  store_health health() const;
  /// A write has failed.
  void report(const rocksdb::Status& status);

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override;
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status status, bool* automatic) override;

private:
  void mend(rocksdb::DB& db);
  void mend_once(rocksdb::DB& db);
  void recovered();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> serving_{true};
  bool stopping_ = false;
  bool resting_ = false;  // it serves, but flushes and compactions have stopped
  store_health health_;
  std::thread mender_;
};

}  // namespace treaty
