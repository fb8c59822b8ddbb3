#pragma once

#include <rocksdb/slice_transform.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace treaty {

/// Lets an insertion into a family's memory begin its search where the last one ended, instead of at the top of the
/// skip list: what is written at one time stands close together. One for each value of the first `prefix_bytes` of a
/// key.
///
/// RocksDB (7.8) also follows the hint for range tombstones, which it keeps in another list, and breaks that way. So
/// only keys of exactly `key_bytes` have a hint, a range that is removed begins with a key of another length
/// (`in_front_of`), and nothing has one while a log is replayed, which an older build may have written. Threads: any.
class insert_hint final : public rocksdb::SliceTransform {
public:
  using flag = std::shared_ptr<const std::atomic<bool>>;

  /// `replayed` turns true when the store is open.
  insert_hint(std::size_t key_bytes, std::size_t prefix_bytes, flag replayed)
      : key_bytes_{key_bytes}, prefix_bytes_{prefix_bytes}, replayed_{std::move(replayed)} {}
  const char* Name() const override { return "treaty.insert_hint"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override { return {key.data(), prefix_bytes_}; }
  bool InDomain(const rocksdb::Slice& key) const override {
    return key.size() == key_bytes_ && replayed_->load(std::memory_order_relaxed);
  }

private:
  const std::size_t key_bytes_;
  const std::size_t prefix_bytes_;
  const flag replayed_;
};

}  // namespace treaty
