#include "tests/sim/sim_store.hpp"

#include <utility>

namespace treaty::sim {

std::vector<result<void>> sim_store::commit(std::span<const write_set> writes, durability d) {
  if (!is_serving() || d != durability::synced) {
    if (!cut_off_) report_failed(writes);
    return {writes.size(), result<void>{refusal()}};
  }
  std::vector<result<void>> results = under_.judge_guards(writes);
  if (chance_.percent(how_.failing)) return fail(writes, std::move(results));
  std::vector<write_set> held;
  for (std::size_t at = 0; at < writes.size(); ++at) {
    if (results[at]) held.push_back(writes[at]);
  }
  const std::uint64_t number = under_.begin(std::move(held));
  if (!chance_.percent(how_.slow)) {
    under_.land_pending(number);
    return results;
  }
  const duration span = chance_.up_to(how_.slowest);
  all_.block_running(span);
  all_.after(span, [&under = under_, number] { under.land_pending(number); });
  return results;
}

/// Nobody knows what of it is stored; then nothing works for a while.
std::vector<result<void>> sim_store::fail(std::span<const write_set> writes, std::vector<result<void>> results) {
  all_.trace("disk", "a sync fails");
  report_failed(writes);
  const std::size_t kept = chance_.below(3);
  for (std::size_t at = 0; at < writes.size(); ++at) {
    if (!results[at]) continue;
    results[at] = failure{errc::outcome_unknown, "the sync failed"};
    if (kept == 0 || (kept == 1 && chance_.percent(50))) under_.apply(writes[at]);
  }
  if (chance_.percent(70)) serves_from_ = all_.clock() + chance_.up_to(std::chrono::seconds{4});
  return results;
}

void sim_store::report_failed(std::span<const write_set> writes) {
  for (const write_set& set : writes) under_.on_failed(set.gid);
}

void sim_store::read_slowly() const {
  if (chance_.percent(how_.slow)) all_.block_running(chance_.up_to(how_.slowest));
}

result<txn_record> sim_store::load(const gid& id) const {
  if (cut_off_ || (!is_serving() && chance_.percent(30))) return refusal();
  read_slowly();
  const disk::row* const found = under_.find(id.value);
  if (found == nullptr) return failure{errc::not_found, id.value + " is not stored"};
  return found->record;
}

result<std::vector<history_page>> sim_store::load_history(const gid& id) const {
  const disk::row* const found = under_.find(id.value);
  if (cut_off_ || found == nullptr) return failure{errc::not_found, id.value + " is not stored"};
  std::map<std::uint32_t, history_page> by_number;
  for (const auto& [slot, page] : found->history) by_number.emplace(page.number, page);
  std::vector<history_page> pages;
  for (auto& [number, page] : by_number) pages.push_back(std::move(page));
  return pages;
}

/// One page is enough for a small world, whatever the limit.
result<due_page> sim_store::due(const due_query& query) const {
  if (cut_off_ || !is_serving()) return refusal();
  due_page page;
  for (const auto& [key, one] : under_.due()) {
    if (one.shard >= query.first && one.shard <= query.last) page.entries.push_back(one);
  }
  return page;
}

result<list_page> sim_store::list(const list_query&) const {
  if (cut_off_) return refusal();
  list_page page;
  for (const auto& [id, one] : under_.rows()) page.records.push_back(one.record);
  return page;
}

result<kv_record> sim_store::load_kv(const std::string& category, const std::string& key) const {
  return failure{errc::not_found, category + ' ' + key + " is not stored"};
}

store_health sim_store::health() const {
  if (is_serving()) return {};
  return {store_state::read_only, "the disk is away"};
}

}  // namespace treaty::sim
