#include "actors/coordinator.hpp"

#include "actors/committer.hpp"
#include "actors/dispatcher.hpp"
#include "actors/reader.hpp"
#include "actors/topics.hpp"
#include "core/base/assert.hpp"

namespace treaty {
namespace {

constexpr std::size_t recovered_a_page = 5'000;
constexpr std::chrono::milliseconds look_again{1};

struct system_config : caf::actor_system_config {
  system_config() {
    module_factories.push_back([](caf::actor_system& system) -> caf::actor_system::module* {
      return new lane_scheduler{system};  // CAF owns it
    });
  }
};

}  // namespace

std::string_view to_string(coordinator_state state) {
  switch (state) {
    case coordinator_state::starting:
      return "starting";
    case coordinator_state::serving:
      return "serving";
    case coordinator_state::store_failing:
      return "store failing";
    case coordinator_state::draining:
      return "draining";
    case coordinator_state::stopped:
      return "stopped";
  }
  return "unnamed";
}

/// Owns the actors and takes them down in the reverse order of their start.
class coordinator::system {
public:
  system(store& kept, notifier& tells, std::vector<lane_ports> ports, const loop_factory& make_loop,
         coordinator_options options, prometheus::Registry& registry);
  ~system() { stop(); }

  result<void> start();
  std::size_t drain(std::chrono::milliseconds limit);
  void stop();

private:
  result<void> recover();
  void start_lanes();

  bool started_ = false;
  coordinator_options options_;
  coordinator_metrics metrics_;
  system_config config_;
  caf::actor_system actors_;

public:
  lane_surroundings around;
  std::vector<std::unique_ptr<lane>> lanes;
  treaty::dispatcher door;
  std::atomic<coordinator_state> phase{coordinator_state::starting};
};

coordinator::system::system(store& kept, notifier& tells, std::vector<lane_ports> ports, const loop_factory& make_loop,
                            coordinator_options options, prometheus::Registry& registry)
    : options_{std::move(options)},
      metrics_{registry},
      actors_{config_},
      around{actors_, kept, tells, options_, metrics_},
      door{lanes, around} {
  TREATY_ASSERT(!ports.empty());
  around.oldest_seconds = std::vector<std::atomic<double>>(ports.size());
  const auto work = [&](auto body, auto... arguments) {
    return std::make_unique<blocking_worker>(actors_, make_loop(), body, &around, std::move(arguments)...);
  };
  around.committer = work(committer);
  for (std::size_t at = 0; at < std::max<std::size_t>(options_.reader_threads, 1); ++at) {
    around.readers.push_back(work(reader));
  }
  around.sweeper = work(reader);
  around.topics = work(topics, std::function<void(envelope)>{[this](envelope in) { door.deliver(std::move(in)); }});
  metrics_.store_serving->Set(1);
  for (std::size_t at = 0; at < ports.size(); ++at) {
    lanes.push_back(std::make_unique<lane>(std::move(ports[at]), around, at, ports.size()));
  }
}

result<void> coordinator::system::start() {
  TREATY_TRY(topic_map all_topics, load_topics(around.kept));
  around.topics->send(topics_loaded{std::move(all_topics)});
  start_lanes();
  if (auto recovered = recover(); !recovered) return recovered;
  phase = coordinator_state::serving;
  return {};
}

void coordinator::system::start_lanes() {
  started_ = true;
  for (const auto& one : lanes) one->start();
}

/// Reads the due index and nothing else: what it does not name is finished. A page is parked by
/// the lanes while the next one is read.
result<void> coordinator::system::recover() {
  due_query query;
  query.limit = recovered_a_page;
  do {
    TREATY_TRY(due_page page, around.kept.due(query));
    std::vector<std::vector<due_entry>> by_lane(lanes.size());
    for (due_entry& one : page.entries) by_lane[one.shard % lanes.size()].push_back(std::move(one));
    for (std::size_t at = 0; at < lanes.size(); ++at) {
      lanes[at]->recover({.entries = std::move(by_lane[at]), .were_all = page.next.empty()});
    }
    query.after = std::move(page.next);
  } while (!query.after.empty());
  return {};
}

std::size_t coordinator::system::drain(std::chrono::milliseconds limit) {
  const time_point until = now() + limit;
  for (const auto& one : lanes) one->let_rest();
  while (around.live > 0 && now() < until) lanes.front()->pause(look_again);
  return around.live;
}

void coordinator::system::stop() {
  if (phase.exchange(coordinator_state::stopped) == coordinator_state::stopped) return;
  for (const auto& one : lanes) one->let_go();
  if (!started_) start_lanes();  // they have shards to end
  // While the lanes still run: what the workers hand back is heard.
  around.topics->stop();
  around.committer->stop();
  for (const auto& one : around.readers) one->stop();
  around.sweeper->stop();
  while (actors_.registry().running() > 0) lanes.front()->pause(look_again);
  for (const auto& one : lanes) one->stop();
  lanes.clear();
}

coordinator::coordinator(store& kept, notifier& tells, std::vector<lane_ports> lanes, const loop_factory& make_loop,
                         coordinator_options options, prometheus::Registry& metrics)
    : system_{std::make_unique<system>(kept, tells, std::move(lanes), make_loop, std::move(options), metrics)} {}

coordinator::~coordinator() = default;

result<void> coordinator::start() {
  return system_->start();
}

void coordinator::stop_admitting() {
  system_->around.draining = true;
  auto serving = coordinator_state::serving;
  system_->phase.compare_exchange_strong(serving, coordinator_state::draining);
}

std::size_t coordinator::drain(std::chrono::milliseconds limit) {
  return system_->drain(limit);
}

void coordinator::stop() {
  system_->stop();
}

coordinator_state coordinator::state() const {
  const coordinator_state phase = system_->phase;
  if (phase != coordinator_state::serving) return phase;
  // The store may know it before a commit finds out, and the committer looks again only now and then.
  const bool is_failing = system_->around.store_failing || system_->around.kept.health().state != store_state::serving;
  return is_failing ? coordinator_state::store_failing : phase;
}

std::string coordinator::state_detail() const {
  switch (state()) {
    case coordinator_state::serving:
      return {};
    case coordinator_state::store_failing:
      return system_->around.kept.health().detail;
    case coordinator_state::starting:
      return "the store is being read";
    case coordinator_state::draining:
      return "no new transactions are taken";
    case coordinator_state::stopped:
      return "stopped";
  }
  return {};
}

void coordinator::offer(gid id, event what, std::size_t body_bytes, std::shared_ptr<answer_sink> to) {
  system_->door.offer(std::move(id), std::move(what), body_bytes, std::move(to));
}

void coordinator::query(gid id, on_result<txn_record> done) {
  system_->door.query(std::move(id), std::move(done));
}

void coordinator::history(gid id, on_result<txn_history> done) {
  system_->door.history(std::move(id), std::move(done));
}

void coordinator::wait_end(gid id, std::chrono::milliseconds limit, on_result<txn_record> done) {
  system_->door.wait_end(std::move(id), limit, std::move(done));
}

void coordinator::list(list_request request, on_result<listing> done) {
  system_->door.list(std::move(request), std::move(done));
}

void coordinator::reset_cron(std::chrono::seconds later_than, std::size_t limit, on_result<cron_reset> done) {
  system_->door.reset_cron(later_than, limit, std::move(done));
}

void coordinator::change_topic(topic_change change, std::shared_ptr<answer_sink> to) {
  system_->door.change_topic(std::move(change), std::move(to));
}

void coordinator::query_kv(std::string category, std::string key, on_result<kv_record> done) {
  system_->door.query_kv(std::move(category), std::move(key), std::move(done));
}

void coordinator::list_kv(kv_request request, on_result<kv_listing> done) {
  system_->door.list_kv(std::move(request), std::move(done));
}

}  // namespace treaty
