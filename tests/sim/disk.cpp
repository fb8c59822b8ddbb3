#include "tests/sim/disk.hpp"

#include <utility>

namespace treaty::sim {
namespace {

failure conflict(const write_set& set) {
  return {errc::conflict, set.gid.value + " is at another revision"};
}

}  // namespace

const disk::row* disk::find(const std::string& id) const {
  const auto found = rows_.find(id);
  return found == rows_.end() ? nullptr : &found->second;
}

std::vector<result<void>> disk::judge_guards(std::span<const write_set> writes) const {
  std::map<std::string, std::pair<revision, record_id>> changed;
  std::vector<result<void>> results;
  for (const write_set& set : writes) {
    const auto sooner = changed.find(set.gid.value);
    const row* const there = find(set.gid.value);
    std::pair<revision, record_id> stands{0, 0};
    if (sooner != changed.end()) {
      stands = sooner->second;
    } else if (there != nullptr) {
      stands = {there->record.progress.revision, there->record.row};
    }
    if (stands.first != set.expected || (stands.first != 0 && stands.second != set.row)) {
      results.push_back(conflict(set));
    } else {
      changed[set.gid.value] = {set.progress.revision, set.row};
      results.push_back({});
    }
  }
  return results;
}

void disk::apply(const write_set& set) {
  if (!judge_guards({&set, 1}).front()) return;
  const bool is_new = !rows_.contains(set.gid.value);
  row& one = rows_[set.gid.value];
  const txn_record before = one.record;
  if (is_new) {
    one.record.row = set.row;
    one.created = set.create_time;
  }
  if (set.definition != nullptr) one.record.definition = set.definition;
  one.record.progress = set.progress;
  one.record.branches.resize(set.first_new_branch);
  one.record.branches.insert(one.record.branches.end(), set.new_branches.begin(), set.new_branches.end());
  if (!set.history.entries.empty()) one.history.insert_or_assign(set.history.slot, set.history);
  const shard_id shard = shard_of(set.gid);
  if (is_set(set.due_before)) due_.erase({shard, set.due_before, set.row});
  if (is_set(set.progress.due)) {
    due_[{shard, set.progress.due, set.row}] = {shard,           set.progress.due, set.row,
                                                set.create_time, set.gid,          set.progress.stuck};
  }
  if (on_stored) on_stored(set.gid, is_new ? nullptr : &before, one.record);
}

std::uint64_t disk::begin(std::vector<write_set> writes) {
  pending_ = std::move(writes);
  return ++commits_;
}

void disk::land_pending(std::uint64_t number) {
  if (number != commits_) return;  // the process died meanwhile
  for (const write_set& set : std::exchange(pending_, {})) apply(set);
}

void disk::crash(dice& chance) {
  ++commits_;
  const std::size_t kept = chance.below(3);
  for (const write_set& set : std::exchange(pending_, {})) {
    if (kept == 0 || (kept == 1 && chance.percent(50))) apply(set);
  }
}

}  // namespace treaty::sim
