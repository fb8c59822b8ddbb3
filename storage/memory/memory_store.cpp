#include "storage/memory/memory_store.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>

#include "core/model/record_size.hpp"
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
  using timeline_map = std::map<keys::position_parts, const entry*>;

  result<void> apply(const write_set& set);
  void move_due(const write_set& set);
  timeline_map::iterator remove(timeline_map::iterator at);
  std::vector<const entry*> by_gid(const std::string& prefix, const std::string& from) const;
  std::vector<const entry*> by_time(const std::optional<keys::position_parts>& after) const;

  mutable std::mutex mutex_;
  record_id last_row_ = 0;
  std::map<std::string, entry, std::less<>> entries_;  // by gid; stable addresses: timeline_ points into it
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
  const auto found = entries_.find(set.gid.value);
  const bool exists = found != entries_.end();
  const revision stored = exists ? found->second.record.progress.revision : 0;
  if (auto held = check_guard(set, stored, exists ? found->second.record.row : 0); !held) return held;

  entry& one = exists ? found->second : entries_[set.gid.value];
  if (!exists) {
    one.record.row = set.row;
    one.created = set.create_time;
    timeline_.emplace(keys::position_parts{set.create_time, set.row}, &one);
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

result<txn_record> memory_store::load(const gid& id) const {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(id.value);
  if (found == entries_.end()) return failure{errc::not_found, id.value + " is not stored"};
  return found->second.record;
}

result<std::vector<history_page>> memory_store::load_history(const gid& id) const {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(id.value);
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

/// The entries whose gids begin with `prefix`, from `from` on, by gid.
std::vector<const memory_store::entry*> memory_store::by_gid(const std::string& prefix, const std::string& from) const {
  std::vector<const entry*> found;
  for (auto at = entries_.lower_bound(std::max(prefix, from)); at != entries_.end(); ++at) {
    if (!at->first.starts_with(prefix)) break;
    found.push_back(&at->second);
  }
  return found;
}

/// The entries before `after`, or all, newest first.
std::vector<const memory_store::entry*> memory_store::by_time(const std::optional<keys::position_parts>& after) const {
  std::vector<const entry*> found;
  const auto behind = after ? timeline_.lower_bound(*after) : timeline_.end();
  for (auto at = std::make_reverse_iterator(behind); at != timeline_.rend(); ++at) found.push_back(at->second);
  return found;
}

result<list_page> memory_store::list(const list_query& query) const {
  if (auto good = check_limit(query.limit); !good) return good.error();
  keys::list_position after;
  if (!query.after.empty()) {
    TREATY_TRY(after, keys::parse_list_cursor(query.after));
  }
  const std::lock_guard lock{mutex_};
  std::vector<const entry*> found = by_gid(query.gid_prefix, after.among_gids.value_or("") + '\0');
  const bool are_many = !query.gid_prefix.empty() && found.size() > prefix_matches_max;
  const bool in_their_order = after.among_gids || (query.after.empty() && are_many && !narrows_classes_or_time(query));
  if (!in_their_order) found = by_time(after.in_time);
  list_page page;
  list_budget budget{query.bytes_max};
  const txn_record* last = nullptr;
  for (const entry* const one : found) {
    if (page.records.size() == query.limit || budget.is_spent()) {
      const txn_definition& shown = *last->definition;
      page.next =
          in_their_order ? keys::gid_cursor(shown.gid.value) : keys::time_cursor({shown.create_time, last->row});
      break;
    }
    last = &one->record;
    if (!matches(query, class_of(*last))) {
      budget.count_entry();
      continue;
    }
    budget.count_record();
    budget.count_bytes(size_of(*last));
    if (matches(query, *last)) page.records.push_back(*last);
  }
  return page;
}

result<std::size_t> memory_store::expire(time_point finished_before, std::size_t limit) {
  const std::lock_guard lock{mutex_};
  std::size_t removed = 0;
  for (auto at = timeline_.begin(); at != timeline_.end() && removed < limit;) {
    const txn_progress& progress = at->second->record.progress;
    if (!is_final(progress.status) || !may_expire({codec::end_of(progress), {}}, finished_before)) {
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
  const std::string id = at->second->record.definition->gid.value;
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
  std::size_t bytes = 0;
  for (auto at = kv_.lower_bound(from); at != kv_.end(); ++at) {
    if (!query.category.empty() && at->second.category != query.category) break;
    if (page.records.size() == query.limit || bytes >= kv_page_bytes_max) {
      page.next = keys::to_hex(std::prev(at)->first);
      break;
    }
    bytes += at->second.value.size();
    page.records.push_back(at->second);
  }
  return page;
}

}  // namespace

std::unique_ptr<store> make_memory_store() {
  return std::make_unique<memory_store>();
}

}  // namespace treaty
