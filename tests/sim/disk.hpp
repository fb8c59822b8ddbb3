#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/history.hpp"
#include "core/model/write_set.hpp"
#include "storage/store.hpp"
#include "tests/sim/random.hpp"

namespace treaty::sim {

/// What survives a crash. Everything in it is durable; what is under way is not in it yet.
class disk {
public:
  struct row {
    txn_record record;
    time_point created;
    std::map<std::uint32_t, history_page> history;  // by slot
  };
  using due_key = std::tuple<shard_id, time_point, record_id>;

  /// One call for each write set that becomes durable: before (null: none) and after.
  std::function<void(const gid&, const txn_record*, const txn_record&)> on_stored;

  /// One call for each write set that could not be stored, or of which nobody knows.
  std::function<void(const gid&)> on_failed;

  const row* find(const std::string& id) const;
  const std::map<std::string, row>& rows() const { return rows_; }
  const std::map<due_key, due_entry>& due() const { return due_; }
  record_id next_row() { return ++last_row_; }

  /// The results of a commit of these sets, in order, if it were made now.
  std::vector<result<void>> judge_guards(std::span<const write_set> writes) const;
  /// Stores it when its guard holds.
  void apply(const write_set& set);

  /// A commit that is under way: durable when `land_pending` comes, or in part, when the process dies before.
  /// Returns its number.
  std::uint64_t begin(std::vector<write_set> writes);
  void land_pending(std::uint64_t number);
  void land_pending() { land_pending(commits_); }
  /// The process dies: what was under way is there wholly, in part, or not at all.
  void crash(dice& chance);

private:
  std::map<std::string, row> rows_;
  std::map<due_key, due_entry> due_;
  record_id last_row_ = 0;
  std::vector<write_set> pending_;
  std::uint64_t commits_ = 0;
};

}  // namespace treaty::sim
