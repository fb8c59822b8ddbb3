#include "actors/committer.hpp"

#include <algorithm>

namespace treaty {
namespace {

constexpr std::chrono::milliseconds look_again{1'000};

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
    home->post([home, own = std::move(own)] {  // the last handle must not be dropped on this thread
      home->committed(std::move(own->first), std::move(own->second));
    });
  }
}

}  // namespace

caf::behavior committer(caf::stateful_actor<committer_state>* self, blocking_worker* on, lane_surroundings* around) {
  self->state.begin(*on, *around);
  return {
      [self](commit_batch& one) { self->state.take(std::move(one)); },
      [self](commit_now) { self->state.commit_what_waits(); },
      [self](look_at_store) { self->state.look_at_the_store(); },
      [self](stop_working) {
        self->state.commit_what_waits();
        self->quit();
      },
  };
}

void committer_state::begin(blocking_worker& on, lane_surroundings& around) {
  worker_ = &on;
  around_ = &around;
}

/// What the other lanes have sent by now stands in the mailbox before our own word, and rides along.
void committer_state::take(commit_batch&& batch) {
  waiting_.push_back(std::move(batch));
  if (waiting_.size() == 1) self_->send(self_, commit_now{});
}

void committer_state::commit_what_waits() {
  if (waiting_.empty()) return;
  std::vector<commit_batch> batches = std::exchange(waiting_, {});
  std::vector<write_set> writes = join(batches);
  const time_point began = now();
  std::vector<result<void>> results = around_->kept.commit(writes, durability::synced);
  around_->metrics.commit_seconds->Observe(std::chrono::duration<double>(now() - began).count());
  around_->metrics.commit_batch_size->Observe(static_cast<double>(writes.size()));
  const bool failed = std::any_of(results.begin(), results.end(), [](const result<void>& one) {
    return !one && (one.error().code == errc::outcome_unknown || one.error().code == errc::unavailable);
  });
  if (failed) around_->store_failing = true;
  note_figures();
  hand_back(batches, std::move(writes), std::move(results));
  if (failed) look_at_the_store();
}

void committer_state::look_at_the_store() {
  const bool serving = around_->kept.health().state == store_state::serving;
  around_->store_failing = !serving;
  around_->metrics.store_serving->Set(serving ? 1 : 0);
  if (!serving) worker_->send_after(look_again, look_at_store{});
}

void committer_state::note_figures() {
  const store_figures so_far = around_->kept.figures();
  around_->metrics.store_syncs->Increment(static_cast<double>(so_far.syncs - seen_.syncs));
  around_->metrics.store_bytes_written->Increment(static_cast<double>(so_far.bytes_written - seen_.bytes_written));
  seen_ = so_far;
}

}  // namespace treaty
