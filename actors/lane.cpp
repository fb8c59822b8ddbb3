#include "actors/lane.hpp"

#include <algorithm>

#include "actors/shard.hpp"
#include "core/base/assert.hpp"

namespace treaty {
namespace {

constexpr std::size_t timers_a_turn = 1024;  // before sockets and actors have their turn again

}  // namespace

lane::lane(lane_ports ports, lane_surroundings& around, std::size_t position, std::size_t lane_count)
    : ports_{std::move(ports)},
      around_{around},
      position_{position},
      lane_count_{lane_count},
      unit_{around.system, *ports_.events},
      wheel_{now()} {
  lane_unit::current() = &unit_;
  shard_ = around_.system.spawn(treaty::shard, this);
  lane_unit::current() = nullptr;
}

void lane::start() {
  started_ = true;
  ports_.events->start([this] { unit_.enter(); }, [this] { unit_.leave(); });
}

void lane::let_rest() {
  post([this] { caf::anon_send(shard_, rest_now{}); });
}

void lane::let_go() {
  post([this] {
    ends_.let_go();
    caf::anon_send(shard_, treaty::let_go{});
  });
}

void lane::stop() {
  if (!std::exchange(started_, false)) return;
  post([this] {
    gathering_ = {};  // never sent: nobody was told anything that rests on it
    ports_.events->stop();
  });
  ports_.events->join();
}

void lane::deliver(envelope in) {
  if (on_thread()) {
    caf::anon_send(shard_, std::move(in));
  } else {
    post([this, held = std::make_shared<envelope>(std::move(in))] { caf::anon_send(shard_, std::move(*held)); });
  }
}

void lane::recover(recovered found) {
  post([this, held = std::make_shared<recovered>(std::move(found))] { caf::anon_send(shard_, std::move(*held)); });
}

void lane::commit(write_set write, caf::actor owner) {
  gathering_.writes.push_back(std::move(write));
  gathering_.owners.push_back(std::move(owner));
  around_.metrics.commit_queue->Increment();
  if (committing_ > 0 || batch_posted_) return;
  batch_posted_ = true;  // at the end of this turn of the loop: what else is decided in it rides along
  post([this] {
    batch_posted_ = false;
    send_batch();
  });
}

void lane::send_batch() {
  if (committing_ > 0 || gathering_.writes.empty()) return;
  commit_batch batch = std::exchange(gathering_, {});
  const std::size_t most = options().commit_batch_max;
  if (batch.writes.size() > most) {  // the rest goes with the next one
    const auto split = static_cast<std::ptrdiff_t>(most);
    gathering_.writes.assign(std::make_move_iterator(batch.writes.begin() + split),
                             std::make_move_iterator(batch.writes.end()));
    gathering_.owners.assign(std::make_move_iterator(batch.owners.begin() + split),
                             std::make_move_iterator(batch.owners.end()));
    batch.writes.resize(most);
    batch.owners.resize(most);
  }
  committing_ = batch.writes.size();
  batch.home = this;
  around_.metrics.commit_queue->Decrement(static_cast<double>(batch.writes.size()));
  around_.committer->send(std::move(batch));
}

void lane::committed(commit_batch batch, std::vector<result<void>> results) {
  committing_ = 0;
  for (std::size_t at = 0; at < results.size(); ++at) {
    caf::anon_send(batch.owners[at], written{batch.writes[at].progress.revision, std::move(results[at])});
  }
  send_batch();
}

void lane::load(treaty::gid id, caf::actor to) {
  next_reader().send(load_request{std::move(id), this, std::move(to)});
}

void lane::read(std::function<void(store&)> job) {
  next_reader().send(read_job{std::move(job)});
}

blocking_worker& lane::next_reader() {
  return *around_.readers[next_reader_.fetch_add(1, std::memory_order_relaxed) % around_.readers.size()];
}

void lane::arm(timer_node& node, time_point due) {
  wheel_.arm(node, due);
  wake_no_later_than(due);
}

void lane::wake_no_later_than(time_point when) {
  if (is_set(wake_at_) && wake_at_ <= when) return;
  wake_at_ = when;
  ports_.events->wake_at(wake_at_, [this] { on_wake(); });
}

void lane::on_wake() {
  const time_point moment = now();
  if (const auto next = wheel_.next_wake(); next && *next <= moment) {
    around_.metrics.timer_lateness_seconds->Observe(std::chrono::duration<double>(moment - wake_at_).count());
  }
  wake_at_ = {};
  wheel_.advance(moment, timers_a_turn);
  if (const auto next = wheel_.next_wake()) wake_no_later_than(*next);
}

void lane::note_oldest(double seconds) {
  around_.oldest_seconds[position_] = seconds;
  double oldest = 0;
  for (const auto& one : around_.oldest_seconds) oldest = std::max(oldest, one.load());
  around_.metrics.oldest_unfinished_seconds->Set(oldest);
}

server_policy lane::policy() const {
  const coordinator_options& given = around_.options;
  server_policy policy;
  policy.retry = {given.retry_interval, given.retry_interval_max, given.retry_growth_percent,
                  given.retry_jitter_percent};
  policy.timeout_to_fail = given.timeout_to_fail;
  policy.retry_limit = given.retry_limit;
  policy.stuck_after = given.stuck_after;
  policy.alert_after = given.alert_after;
  policy.history_pages_max = given.history_pages_max;
  return policy;
}

}  // namespace treaty
