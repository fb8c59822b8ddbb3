#include "actors/shard.hpp"

#include <algorithm>
#include <span>

#include "actors/sweeper.hpp"

namespace treaty {
namespace {

constexpr std::size_t steps_looked_at_max = 16;

/// Nothing for what does not begin a transaction.
const txn_definition* begun_by(const event& e) {
  if (const auto* const submit = std::get_if<submit_requested>(&e)) return submit->definition.get();
  if (const auto* const prepare = std::get_if<prepare_requested>(&e)) return prepare->definition.get();
  return nullptr;
}

bool begins_a_transaction(const event& e) {
  return begun_by(e) != nullptr;
}

/// Nobody waits for it: it is taken up as if its moment had come.
bool is_one_of_many(const event& e) {
  const auto* const retry = std::get_if<retry_requested>(&e);
  return retry != nullptr && retry->among_many;
}

awakening why_awoken(const event& by, bool begins) {
  if (begins) return awakening::by_creation;
  return is_one_of_many(by) ? awakening::by_due : awakening::by_word;
}

std::chrono::sys_seconds second_of(time_point when) {
  return std::chrono::floor<std::chrono::seconds>(when);
}

void refuse(lane& home, envelope& in, answer why) {
  home.metrics().refused(why.kind);
  if (in.to != nullptr) in.to->answer(std::move(why));
}

}  // namespace

caf::behavior shard(caf::stateful_actor<shard_state>* self, lane* home) {
  self->state.begin(*home);
  return {
      [self](envelope& in) { self->state.accept(std::move(in)); },
      [self](retire& what) { self->state.let_retire(what); },
      [self](parked_due& what) { self->state.became_due(what); },
      [self](const recovered& found) { self->state.take_over(found); },
      [self](shard_tick) { self->state.tick(); },
      [self](let_go) { self->state.let_go(); },
  };
}

void shard_state::parked::fire() {
  caf::anon_send(owner->home_->shard(), parked_due{treaty::gid{*gid}});
}

void shard_state::ticker::fire() {
  caf::anon_send(owner_.home_->shard(), shard_tick{});
}

void shard_state::begin(lane& home) {
  home_ = &home;
  tick();
}

answer shard_state::admit(const envelope& in) const {
  const bool begins = begins_a_transaction(in.what);
  if (home_->around().store_failing) return {answer_kind::unavailable, "the store is failing"};
  if (begins && home_->around().draining) return {answer_kind::unavailable, "draining: no new transactions"};
  // What was accepted has priority: words about known transactions are let in up to twice the limit.
  const std::size_t live_max = begins ? home_->live_max() : 2 * home_->live_max();
  if (live_.size() >= live_max) return {answer_kind::overloaded, "too many transactions in flight, try again later"};
  if (is_one_of_many(in.what) && !has_room_to_resume()) {
    return {answer_kind::overloaded, "too many waiting transactions are taken up at once, try again later"};
  }
  if (begins && live_bytes_ + in.body_bytes > home_->live_bytes_max()) {
    return {answer_kind::overloaded, "too many bytes in flight, try again later"};
  }
  if (would_wait_too_long(in)) return {answer_kind::overloaded, "too many calls wait for their turn, try again later"};
  return {};
}

/// More transactions for a destination that cannot keep up would only make those wait that are there; in the end calls
/// would run into their time limits before they are made. Those that are known already are let in.
bool shard_state::would_wait_too_long(const envelope& in) const {
  const txn_definition* const begun = begun_by(in.what);
  if (begun == nullptr) return false;
  const std::size_t looked_at = std::min(begun->steps.size(), steps_looked_at_max);
  const std::size_t coming = home_->writes_under_way();  // of those that were let in before, and have made no call yet
  for (const step& one : std::span{begun->steps}.first(looked_at)) {
    if (home_->calls().is_crowded(begun->protocol, one.action, coming)) return !parked_.contains(in.gid.value);
  }
  return false;
}

void shard_state::accept(envelope&& in) {
  auto found = live_.find(in.gid.value);
  if (found == live_.end()) {
    if (answer verdict = admit(in); verdict.kind != answer_kind::ok) return refuse(*home_, in, std::move(verdict));
    const bool known = unpark(in.gid.value);
    const bool begins = !known && begins_a_transaction(in.what);
    awaken(in.gid, why_awoken(in.what, begins));
    found = live_.find(in.gid.value);
  }
  live_one& one = found->second;
  one.sent += 1;
  one.bytes += in.body_bytes;
  live_bytes_ += in.body_bytes;
  self_->send(one.who, std::move(in));
}

shard_state::live_one& shard_state::awaken(const gid& id, awakening why) {
  live_one& one = live_[id.value];
  one.who = self_->spawn<caf::lazy_init + caf::hidden>(transaction, home_, id, why);
  one.since = now();
  one.by_due = why == awakening::by_due;
  resuming_ += one.by_due ? 1 : 0;
  home_->around().live += 1;
  home_->metrics().in_flight->Increment();
  if (why != awakening::by_creation) self_->send(one.who, woken{});  // a lazy actor begins with its first message
  return one;
}

void shard_state::let_retire(retire& what) {
  const auto found = live_.find(what.gid.value);
  if (found == live_.end() || found->second.who.id() != what.who || found->second.sent != what.accepted) return;
  resuming_ -= found->second.by_due ? 1 : 0;
  live_bytes_ -= found->second.bytes;
  live_.erase(found);
  home_->around().live -= 1;
  home_->metrics().in_flight->Decrement();
  if (!what.finished) park(what.gid.value, what.due.value_or(far_future), what.create_time);
  start_due();
}

void shard_state::park(const std::string& id, time_point due, time_point create_time) {
  const auto [place, is_new] = parked_.try_emplace(id);
  if (!is_new) return home_->arm(place->second, due);
  place->second.gid = &place->first;
  place->second.owner = this;
  place->second.create_time = create_time;
  parked_ages_[second_of(create_time)] += 1;
  home_->metrics().parked->Increment();
  home_->arm(place->second, due);
}

bool shard_state::unpark(const std::string& id) {
  const auto found = parked_.find(id);
  if (found == parked_.end()) return false;
  forget_age(found->second.create_time);
  parked_.erase(found);
  home_->metrics().parked->Decrement();
  return true;
}

void shard_state::forget_age(time_point create_time) {
  const auto age = parked_ages_.find(second_of(create_time));
  if (age != parked_ages_.end() && --age->second == 0) parked_ages_.erase(age);
}

void shard_state::became_due(parked_due& what) {
  if (!parked_.contains(what.gid.value)) return;  // a client spoke of it meanwhile
  due_.push_back(std::move(what.gid.value));
  home_->metrics().due_queue->Increment();
  start_due();
}

/// Nothing while recovery reads the store: what ran would be found again, at the moment that it is due next.
void shard_state::start_due() {
  if (is_recovering_ || home_->around().draining || home_->around().store_failing) return;
  while (!due_.empty() && has_room_to_resume()) {
    const gid id{std::move(due_.front())};
    due_.pop_front();
    home_->metrics().due_queue->Decrement();
    if (unpark(id.value)) awaken(id, awakening::by_due);
  }
}

bool shard_state::has_room_to_resume() const {
  return resuming_ < home_->resuming_max() && live_bytes_ < home_->live_bytes_max();
}

void shard_state::take_over(const recovered& found) {
  for (const due_entry& one : found.entries) {
    park(one.gid.value, one.due, one.create_time);
    if (one.stuck) home_->metrics().stuck->Increment();
  }
  if (!found.were_all) return;
  is_recovering_ = false;
  start_due();
}

double shard_state::oldest_age_seconds() const {
  time_point oldest = parked_ages_.empty() ? now() : time_point{parked_ages_.begin()->first};
  for (const auto& [id, one] : live_) oldest = std::min(oldest, one.since);
  return std::chrono::duration<double>(now() - oldest).count();
}

void shard_state::tick() {
  if (home_->is_first() && !is_recovering_) sweep_when_due(home_->around());
  home_->note_oldest(live_.empty() && parked_.empty() ? 0 : oldest_age_seconds());
  start_due();
  home_->arm(ticker_, now() + std::chrono::seconds{1});
}

void shard_state::let_go() {
  ticker_.disarm();
  due_.clear();
  live_.clear();
  parked_.clear();
  self_->quit();
}

}  // namespace treaty
