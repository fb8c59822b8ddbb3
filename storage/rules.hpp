#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "core/base/result.hpp"
#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/store.hpp"

namespace treaty {

// What every store answers alike, whatever it keeps its records in.

/// How many entries one call of `expire` looks at.
inline constexpr std::size_t expiry_entries_max = 50'000;
/// Up to this many transactions whose gids begin alike are listed newest first; more of them by gid.
inline constexpr std::size_t prefix_matches_max = 5'000;

/// What one call of `list` may spend. A question that few records answer, or large ones, gives back what it has by
/// then, and goes on in the next call.
class list_budget {
public:
  explicit list_budget(std::size_t bytes_max) : bytes_left_{bytes_max} {}
  /// The time begins now.
  void restart() noexcept { begin_ = clock::now(); }
  /// An entry was looked at and left out.
  void count_entry() noexcept { spend(1); }
  /// A record is looked at, to be shown or to be left out.
  void count_record() noexcept { spend(record_work); }
  /// It was loaded.
  void count_bytes(std::size_t bytes) noexcept {
    bytes_left_ -= std::min(bytes, bytes_left_);
    if (bytes_left_ == 0) spent_ = true;
  }
  bool is_spent() const noexcept { return spent_; }

private:
  using clock = std::chrono::steady_clock;
  static constexpr std::size_t record_work = 16;      // entries cost as much as one record, about
  static constexpr std::size_t work_unwatched = 512;  // the clock is asked this seldom: short lists never see it
  static constexpr std::size_t work_max = 16 * 1024;  // 1,024 records
  static constexpr clock::duration time_max = std::chrono::milliseconds{4};

  void spend(std::size_t work) noexcept {
    work_ += work;
    if (work_ < next_look_) return;
    next_look_ = work_ + work_unwatched;
    spent_ = spent_ || work_ >= work_max || clock::now() - begin_ >= time_max;
  }

  clock::time_point begin_ = clock::now();
  std::size_t bytes_left_;
  std::size_t work_ = 0;
  std::size_t next_look_ = work_unwatched;
  bool spent_ = false;
};

/// What one page of `list_kv` holds of values; the last one may reach over it.
inline constexpr std::size_t kv_page_bytes_max = 4u << 20;

/// Can this set be stored at all? Errors: invalid_argument.
result<void> check_storable(const write_set& set);

/// Errors: invalid_argument for a limit of 0: such a page could not move on.
result<void> check_limit(std::size_t limit);

/// The guard. `stored` is the revision that the store holds, 0 for none. Errors: conflict.
result<void> check_guard(const write_set& set, revision stored, record_id stored_row);

/// Can this record be stored in place of version `expected`? Errors: invalid_argument.
result<void> check_storable(const kv_record& record, std::uint64_t expected);

/// The guard of a kv record. `stored` is the version that the store holds, 0 for none. Errors: already_exists;
/// conflict.
result<void> check_guard(const kv_record& record, std::uint64_t expected, std::uint64_t stored);

/// Do the parts of what was read as one transaction fit together, so that it can be shown and worked on? Checksums find
/// flipped bits; this finds what never was one record. Errors: corrupt.
result<void> check_readable(const txn_record& record);

/// In the order in which they were written.
void sort_by_number(std::vector<history_page>& pages);

failure no_kv(const std::string& category, const std::string& key);

// What a list narrows by, each as soon as it is known.
bool matches(const list_query& query, const keys::list_class& filed);
bool matches(const list_query& query, time_point created);
/// All of it.
bool matches(const list_query& query, const txn_record& record);
/// Does anything but the gid, or what a record calls, narrow it?
bool narrows_classes_or_time(const list_query& query);
keys::list_class class_of(const txn_record& record);

/// Is this the entry of a transaction whose end lies before `finished_before`?
bool may_expire(const codec::ended_entry& entry, time_point finished_before);

}  // namespace treaty
