#include "storage/memory/memory_store.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <unordered_map>

#include "storage/keys.hpp"
#include "storage/rules.hpp"

namespace treaty {
namespace {

class memory_store final : public store {
public:
  record_id next_row() override {
    const std::lock_guard lock{mutex_};
    return ++last_row_;
  }
  std::vector<result<void>> commit(std::span<const write_set> writes, durability d) override;
  result<txn_record> load(const gid& id) const override;
  result<std::vector<history_page>> load_history(const gid& id) const override;
  result<due_page> due(const due_query& query) const override;
  result<list_page> list(const list_query& query) const override;
  result<std::size_t> expire(time_point finished_before, std::size_t limit) override;
  result<void> put_kv(const kv_record& record, std::uint64_t expected) override;
  result<void> delete_kv(const std::string& category, const std::string& key) override;
  result<kv_record> load_kv(const std::string& category, const std::string& key) const override;
  result<kv_page> list_kv(const kv_query& query) const override;
  store_health health() const override { return {}; }
  store_figures figures() const override {
    const std::lock_guard lock{mutex_};
    return figures_;
  }

private:
  struct entry {
    txn_record record;
    time_point created;
    std::map<std::uint32_t, history_page> history;  // by slot
  };
  using timeline_map = std::map<std::string, const entry*, std::less<>>;

  result<void> apply(const write_set& set);
  void move_due(const write_set& set);
  timeline_map::iterator remove(timeline_map::iterator at);
  static codec::timeline_entry describe(const entry& one);

  mutable std::mutex mutex_;
  record_id last_row_ = 0;
  std::unordered_map<gid, entry> entries_;  // stable addresses: timeline_ points into it
  timeline_map timeline_;
  std::map<std::string, codec::due_value, std::less<>> due_;
  std::map<std::string, kv_record, std::less<>> kv_;
  store_figures figures_;
};

std::vector<result<void>> memory_store::commit(std::span<const write_set> writes, durability d) {
  const std::lock_guard lock{mutex_};
  std::vector<result<void>> results;
  results.reserve(writes.size());
  bool wrote = false;
  for (const write_set& set : writes) {
    results.push_back(apply(set));
    wrote |= static_cast<bool>(results.back());
  }
  if (wrote && d == durability::synced) ++figures_.syncs;
  return results;
}

result<void> memory_store::apply(const write_set& set) {
  if (auto storable = check_storable(set); !storable) return storable;
  const auto found = entries_.find(set.gid);
  const bool exists = found != entries_.end();
  const revision stored = exists ? found->second.record.progress.revision : 0;
  if (auto held = check_guard(set, stored, exists ? found->second.record.row : 0); !held) return held;

  entry& one = exists ? found->second : entries_[set.gid];
  if (!exists) {
    one.record.row = set.row;
    one.created = set.create_time;
    timeline_.emplace(keys::make_timeline(set.create_time, set.row).view(), &one);
  }
  if (set.definition != nullptr) one.record.definition = set.definition;
  one.record.progress = set.progress;
  auto& branches = one.record.branches;
  if (branches.size() < set.first_new_branch + set.new_branches.size()) {
    branches.resize(set.first_new_branch + set.new_branches.size());
  }
  std::copy(set.new_branches.begin(), set.new_branches.end(),
            branches.begin() + static_cast<std::ptrdiff_t>(set.first_new_branch));
  if (!set.history.entries.empty()) one.history.insert_or_assign(set.history.slot, set.history);
  move_due(set);
  return {};
}

void memory_store::move_due(const write_set& set) {
  if (is_set(set.due_before))
    due_.erase(std::string{keys::make_due(shard_of(set.gid), set.due_before, set.row).view()});
  if (is_set(set.progress.due))
    due_.emplace(keys::make_due(shard_of(set.gid), set.progress.due, set.row).view(),
                 codec::due_value{set.create_time, set.gid, set.progress.stuck});
}

codec::timeline_entry memory_store::describe(const entry& one) {
  return {one.record.progress.status, one.record.definition->type, codec::end_of(one.record.progress),
          one.record.definition->gid, one.record.progress.stuck};
}

result<txn_record> memory_store::load(const gid& id) const {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(id);
  if (found == entries_.end()) return failure{errc::not_found, id.value + " is not stored"};
  return found->second.record;
}

result<std::vector<history_page>> memory_store::load_history(const gid& id) const {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(id);
  if (found == entries_.end()) return failure{errc::not_found, id.value + " is not stored"};
  std::vector<history_page> pages;
  for (const auto& [slot, page] : found->second.history) pages.push_back(page);
  sort_by_number(pages);
  return pages;
}

result<due_page> memory_store::due(const due_query& query) const {
  if (auto good = check_limit(query.limit); !good) return good.error();
  std::string from{keys::make_due(query.first, time_point::min(), 0).view()};
  const std::lock_guard lock{mutex_};
  auto at = due_.lower_bound(from);
  if (!query.after.empty()) {
    TREATY_TRY(from, keys::parse_cursor(query.after, sizeof(keys::due_key)));
    at = due_.upper_bound(from);
  }
  due_page page;
  for (; at != due_.end(); ++at) {
    const auto parts = *keys::parse_due(at->first);
    if (parts.shard > query.last) break;
    if (page.entries.size() == query.limit) {
      page.next = keys::to_hex(std::prev(at)->first);
      break;
    }
    page.entries.push_back(
        {parts.shard, parts.due, parts.row, at->second.create_time, at->second.gid, at->second.stuck});
  }
  return page;
}

result<list_page> memory_store::list(const list_query& query) const {
  if (auto good = check_limit(query.limit); !good) return good.error();
  const std::lock_guard lock{mutex_};
  auto at = timeline_.end();
  if (!query.after.empty()) {
    TREATY_TRY(const std::string after, keys::parse_cursor(query.after, sizeof(keys::timeline_key)));
    at = timeline_.lower_bound(after);
  }
  list_page page;
  std::size_t in_vain = 0;
  for (std::size_t seen = 0; at != timeline_.begin(); ++seen) {
    if (page.records.size() == query.limit || seen == entries_per_call_max || in_vain == records_in_vain_max) {
      page.next = keys::to_hex(at->first);
      break;
    }
    --at;
    if (!matches(query, describe(*at->second), at->second->created)) continue;
    if (matches(query, at->second->record)) {
      page.records.push_back(at->second->record);
    } else {
      ++in_vain;
    }
  }
  return page;
}

result<std::size_t> memory_store::expire(time_point finished_before, std::size_t limit) {
  const std::lock_guard lock{mutex_};
  std::size_t removed = 0;
  for (auto at = timeline_.begin(); at != timeline_.end() && removed < limit;) {
    if (!may_expire(describe(*at->second), finished_before)) {
      ++at;
      continue;
    }
    at = remove(at);
    ++removed;
  }
  figures_.records_expired += removed;
  return removed;
}

memory_store::timeline_map::iterator memory_store::remove(timeline_map::iterator at) {
  const gid id = at->second->record.definition->gid;
  const auto next = timeline_.erase(at);
  entries_.erase(id);
  return next;
}

result<void> memory_store::put_kv(const kv_record& record, std::uint64_t expected) {
  if (auto storable = check_storable(record, expected); !storable) return storable;
  const std::string key = keys::make_kv(record.category, record.key);
  const std::lock_guard lock{mutex_};
  const auto found = kv_.find(key);
  if (auto held = check_guard(record, expected, found == kv_.end() ? 0 : found->second.version); !held) return held;
  kv_.insert_or_assign(key, record);
  ++figures_.syncs;
  return {};
}

result<void> memory_store::delete_kv(const std::string& category, const std::string& key) {
  const std::lock_guard lock{mutex_};
  if (kv_.erase(keys::make_kv(category, key)) == 0) return no_kv(category, key);
  ++figures_.syncs;
  return {};
}

result<kv_record> memory_store::load_kv(const std::string& category, const std::string& key) const {
  const std::lock_guard lock{mutex_};
  const auto found = kv_.find(keys::make_kv(category, key));
  if (found == kv_.end()) return no_kv(category, key);
  return found->second;
}

result<kv_page> memory_store::list_kv(const kv_query& query) const {
  if (auto good = check_limit(query.limit); !good) return good.error();
  std::string from = query.category.empty() ? std::string{} : keys::make_kv(query.category, {});
  if (!query.after.empty()) {
    TREATY_TRY(const std::string after, keys::parse_kv_cursor(query.after));
    from = std::max(from, after + '\0');  // the least key behind it
  }
  const std::lock_guard lock{mutex_};
  kv_page page;
  for (auto at = kv_.lower_bound(from); at != kv_.end(); ++at) {
    if (!query.category.empty() && at->second.category != query.category) break;
    if (page.records.size() == query.limit) {
      page.next = keys::to_hex(std::prev(at)->first);
      break;
    }
    page.records.push_back(at->second);
  }
  return page;
}

}  // namespace

std::unique_ptr<store> make_memory_store() {
  return std::make_unique<memory_store>();
}

}  // namespace treaty
