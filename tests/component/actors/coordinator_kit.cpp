#include "tests/component/actors/coordinator_kit.hpp"

#include <prometheus/registry.h>

#include <algorithm>

#include "net/http/asio_loop.hpp"
#include "storage/memory/memory_store.hpp"
#include "tests/kit/eventually.hpp"

namespace treaty::kit {
namespace {

class scripted_client final : public branch_client {
public:
  scripted_client(scripted_participant& to, loop& events) : to_{to}, events_{events} {}
  void call(branch_call call, branch_done done) override { to_.receive(std::move(call), std::move(done), events_); }
  std::size_t pending() const override { return 0; }
  bool is_crowded(branch_protocol, std::string_view url, std::size_t) override { return to_.is_crowded(url); }

private:
  scripted_participant& to_;
  loop& events_;
};

class promised_answer final : public answer_sink {
public:
  void answer(treaty::answer what) override { promise.set_value(std::move(what)); }
  std::promise<treaty::answer> promise;
};

}  // namespace

submit_requested make_submit(const std::string& id, const std::vector<std::string>& actions, waiting_for what) {
  auto definition = std::make_shared<txn_definition>();
  definition->gid = gid{id};
  definition->options.wait_result = what == waiting_for::result;
  for (const std::string& action : actions) {
    definition->steps.push_back({action, "undo-" + action});
    definition->payloads.emplace_back("{}");
  }
  return {std::move(definition), 0};
}

class prometheus_holder {
public:
  prometheus::Registry registry;
};

coordinator_options quick_options() {
  coordinator_options options;
  options.idle_after = std::chrono::milliseconds{50};
  options.progress_delay_max = std::chrono::milliseconds{10};
  return options;
}

void scripted_participant::crowd(const std::string& url, bool is_crowded) {
  const std::lock_guard lock{mutex_};
  if (is_crowded) {
    crowded_.insert(url);
  } else {
    crowded_.erase(url);
  }
}

bool scripted_participant::is_crowded(std::string_view url) const {
  const std::lock_guard lock{mutex_};
  return crowded_.contains(std::string{url});
}

void scripted_participant::answer(const std::string& url, branch_reply always) {
  const std::lock_guard lock{mutex_};
  always_[url] = std::move(always);
}

void scripted_participant::answer_once(const std::string& url, branch_reply next) {
  const std::lock_guard lock{mutex_};
  next_[url].push_back(std::move(next));
}

void scripted_participant::hold(const std::string& url) {
  const std::lock_guard lock{mutex_};
  held_urls_.push_back(url);
}

void scripted_participant::let_go() {
  const std::lock_guard lock{mutex_};
  held_urls_.clear();
  for (held_call& one : held_) {
    one.events->post([done = std::move(one.done)] { done({call_outcome::success, ""}); });
  }
  held_.clear();
}

std::size_t scripted_participant::held() const {
  const std::lock_guard lock{mutex_};
  return held_.size();
}

std::size_t scripted_participant::count() const {
  const std::lock_guard lock{mutex_};
  return ledger_.size();
}

std::vector<std::string> scripted_participant::ledger() const {
  const std::lock_guard lock{mutex_};
  return ledger_;
}

branch_reply scripted_participant::reply_to(const std::string& url) {
  const auto next = next_.find(url);
  if (next != next_.end() && !next->second.empty()) {
    branch_reply one = std::move(next->second.front());
    next->second.erase(next->second.begin());
    return one;
  }
  const auto always = always_.find(url);
  return always == always_.end() ? branch_reply{call_outcome::success, ""} : always->second;
}

void scripted_participant::receive(branch_call call, branch_done done, loop& events) {
  const std::lock_guard lock{mutex_};
  const std::string url{call.url};
  ledger_.push_back(std::string{call.gid} + "/" + call.id.value + " " + std::string{call.op} + " " + url);
  if (std::find(held_urls_.begin(), held_urls_.end(), url) != held_urls_.end()) {
    held_.push_back({&events, std::move(done)});
    return;
  }
  events.post([done = std::move(done), said = reply_to(url)] { done(said); });
}

std::vector<result<void>> failing_store::commit(std::span<const write_set> writes, durability d) {
  if (!failing_) return real_.commit(writes, d);
  return {writes.size(), result<void>{failure{errc::outcome_unknown, "the disk is on fire"}}};
}

result<due_page> failing_store::due(const due_query& query) const {
  if (!before_each_due_) return real_.due(query);
  before_each_due_();
  due_query one = query;
  one.limit = 1;
  return real_.due(one);
}

result<void> failing_store::put_kv(const kv_record& record, std::uint64_t expected) {
  if (failing_) return failure{errc::outcome_unknown, "the disk is on fire"};
  return real_.put_kv(record, expected);
}

result<void> failing_store::delete_kv(const std::string& category, const std::string& key) {
  if (failing_) return failure{errc::outcome_unknown, "the disk is on fire"};
  return real_.delete_kv(category, key);
}

store_health failing_store::health() const {
  if (!failing_) return real_.health();
  return {store_state::failed, "the disk is on fire"};
}

void remembering_notifier::alert(alert_notice what) {
  const std::lock_guard lock{mutex_};
  alerts_.push_back(std::move(what));
}

void remembering_notifier::ended(end_notice what) {
  const std::lock_guard lock{mutex_};
  ends_.push_back(std::move(what));
}

std::vector<alert_notice> remembering_notifier::alerts() const {
  const std::lock_guard lock{mutex_};
  return alerts_;
}

std::vector<end_notice> remembering_notifier::ends() const {
  const std::lock_guard lock{mutex_};
  return ends_;
}

coordinator_world::coordinator_world(coordinator_options options, store* kept, std::size_t lanes, beginning how)
    : own_store_{kept == nullptr ? make_memory_store() : nullptr}, metrics_{std::make_shared<prometheus_holder>()} {
  std::vector<lane_ports> ports;
  for (std::size_t at = 0; at < lanes; ++at) {
    auto events = std::make_shared<asio_loop>();
    ports.push_back({events, std::make_shared<scripted_client>(participant, *events)});
  }
  coordinator = std::make_unique<treaty::coordinator>(
      kept == nullptr ? *own_store_ : *kept, hooks, std::move(ports), [] { return std::make_shared<asio_loop>(); },
      options, metrics_->registry);
  if (how == beginning::at_once) start();
}

void coordinator_world::start() {
  const auto started = coordinator->start();
  TREATY_ASSERT(started);
}

coordinator_world::~coordinator_world() {
  coordinator->stop();
  coordinator.reset();
}

std::future<answer> coordinator_world::offer(const std::string& id, event what) {
  auto sink = std::make_shared<promised_answer>();
  auto told = sink->promise.get_future();
  coordinator->offer(gid{id}, std::move(what), 100, std::move(sink));
  return told;
}

answer coordinator_world::say(const std::string& id, event what) {
  auto told = offer(id, std::move(what));
  if (told.wait_for(std::chrono::seconds{20}) != std::future_status::ready) {
    return {answer_kind::error, "no answer within 20 seconds"};
  }
  return told.get();
}

answer coordinator_world::submit(const std::string& id, const std::vector<std::string>& actions, waiting_for what) {
  return say(id, make_submit(id, actions, what));
}

std::vector<answer> coordinator_world::submit_many(const std::string& id, const std::vector<std::string>& actions,
                                                   std::size_t times) {
  std::vector<std::future<answer>> told;
  for (std::size_t at = 0; at < times; ++at) {
    told.push_back(offer(id, make_submit(id, actions, waiting_for::nothing)));
  }
  std::vector<answer> all;
  for (auto& one : told) all.push_back(one.get());
  return all;
}

void coordinator_world::submit_and_forget(const std::string& id, const std::vector<std::string>& actions) {
  coordinator->offer(gid{id}, make_submit(id, actions, waiting_for::nothing), 100, nullptr);
}

cron_reset coordinator_world::reset_cron(std::chrono::seconds later_than, std::size_t limit) {
  std::promise<cron_reset> told;
  coordinator->reset_cron(later_than, limit, [&](result<cron_reset> what) { told.set_value(*what); });
  return told.get_future().get();
}

std::optional<txn_status> coordinator_world::status_of(const std::string& id) {
  std::promise<std::optional<txn_status>> told;
  coordinator->query(gid{id}, [&](result<txn_record> what) {
    told.set_value(what ? std::optional{what->progress.status} : std::nullopt);
  });
  return told.get_future().get();
}

bool coordinator_world::eventually_has_status(const std::string& id, txn_status wanted) {
  return eventually([&] { return status_of(id) == wanted; }, std::chrono::seconds{20});
}

double coordinator_world::gauge(const std::string& name) const {
  double total = 0;
  for (const auto& family : metrics_->registry.Collect()) {
    if (family.name != name) continue;
    for (const auto& one : family.metric) total += one.gauge.value;
  }
  return total;
}

}  // namespace treaty::kit
