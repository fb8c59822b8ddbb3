#include "actors/committer.hpp"

namespace treaty {
namespace {

constexpr std::chrono::seconds probe_every{1};

void note_health(lane_surroundings& around) {
  const bool serving = around.kept.health().state == store_state::serving;
  around.store_failing = !serving;
  around.metrics.store_serving->Set(serving ? 1 : 0);
}

std::vector<write_set> join(std::vector<commit_batch>& batches) {
  if (batches.size() == 1) return std::move(batches.front().writes);
  std::vector<write_set> all;
  for (commit_batch& one : batches) {
    all.insert(all.end(), std::make_move_iterator(one.writes.begin()), std::make_move_iterator(one.writes.end()));
  }
  return all;
}

/// Gives every lane its results and its write sets back; the write sets die on the lane that made them.
void hand_back(std::vector<commit_batch>& batches, std::vector<write_set> writes, std::vector<result<void>> results) {
  auto next_write = writes.begin();
  auto next_result = results.begin();
  for (commit_batch& one : batches) {
    const auto count = static_cast<std::ptrdiff_t>(one.owners.size());
    one.writes.assign(std::make_move_iterator(next_write), std::make_move_iterator(next_write + count));
    auto own = std::make_shared<std::pair<commit_batch, std::vector<result<void>>>>();
    own->second.assign(std::make_move_iterator(next_result), std::make_move_iterator(next_result + count));
    next_write += count;
    next_result += count;
    lane* const home = one.home;
    own->first = std::move(one);
    home->post([home, own] { home->committed(std::move(own->first), std::move(own->second)); });
  }
}

void note_figures(lane_surroundings& around, store_figures& seen) {
  const store_figures so_far = around.kept.figures();
  around.metrics.store_syncs->Increment(static_cast<double>(so_far.syncs - seen.syncs));
  around.metrics.store_bytes_written->Increment(static_cast<double>(so_far.bytes_written - seen.bytes_written));
  seen = so_far;
}

void commit_all(lane_surroundings& around, std::vector<commit_batch> batches) {
  std::vector<write_set> writes = join(batches);
  const time_point began = now();
  std::vector<result<void>> results = around.kept.commit(writes, durability::synced);
  around.metrics.commit_seconds->Observe(std::chrono::duration<double>(now() - began).count());
  around.metrics.commit_batch_size->Observe(static_cast<double>(writes.size()));
  const bool failed = std::any_of(results.begin(), results.end(), [](const result<void>& one) {
    return !one && one.error().code == errc::outcome_unknown;
  });
  if (failed) {
    around.store_failing = true;
    around.metrics.store_serving->Set(0);
  }
  hand_back(batches, std::move(writes), std::move(results));
}

}  // namespace

void committer(caf::blocking_actor* self, lane_surroundings* around) {
  std::vector<commit_batch> waiting;
  store_figures seen;
  bool working = true;
  bool drained = false;
  const auto take = [&](commit_batch& one) { waiting.push_back(std::move(one)); };
  const auto stop = [&](stop_working) { working = false; };
  while (working) {
    self->receive(
        take, stop, caf::after(probe_every) >> [&] {
          if (!around->store_failing) return;
          static_cast<void>(around->kept.commit({}, durability::synced));
          note_health(*around);
        });
    for (drained = waiting.empty(); !drained;) {
      self->receive(
          take, stop, caf::after(std::chrono::seconds{0}) >> [&] { drained = true; });
    }
    if (waiting.empty()) continue;
    commit_all(*around, std::exchange(waiting, {}));
    note_figures(*around, seen);
  }
}

}  // namespace treaty
