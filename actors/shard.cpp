#include "actors/shard.hpp"

#include <algorithm>
#include <span>

#include "actors/sweeper.hpp"

namespace treaty {
namespace {

constexpr std::size_t steps_looked_at_max = 16;
constexpr std::size_t unweighed_max = 64;

/// Nothing for what does not begin a transaction.
const txn_definition* begun_by(const event& e) {
  if (const auto* const submit = std::get_if<submit_requested>(&e)) return submit->definition.get();
  if (const auto* const prepare = std::get_if<prepare_requested>(&e)) return prepare->definition.get();
  return nullptr;
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

answer too_many() {
  return {answer_kind::overloaded, "too many transactions in flight, try again later"};
}

answer too_many_bytes() {
  return {answer_kind::overloaded, "too many bytes in flight, try again later"};
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
      [self](const weighed& what) { self->state.note_weight(what); },
      [self](rest_now) { self->state.let_rest(); },
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

answer shard_state::admit(const envelope& in, bool begins) const {
  if (home_->around().store_failing) return {answer_kind::unavailable, "the store is failing"};
  if (begins && home_->around().draining) return {answer_kind::unavailable, "draining: no new transactions"};
  // What was accepted has priority: words about known transactions are let in up to twice the limit.
  const std::size_t live_max = begins ? home_->live_max() : 2 * home_->live_max();
  if (live_.size() >= live_max) return too_many();
  if (is_one_of_many(in.what) && !has_room_to_resume()) {
    return {answer_kind::overloaded, "too many waiting transactions are taken up at once, try again later"};
  }
  if (begins && live_bytes_ + in.body_bytes > home_->live_bytes_max()) return too_many_bytes();
  if (begins && would_wait_too_long(*begun_by(in.what)))
    return {answer_kind::overloaded, "too many calls wait for their turn, try again later"};
  return {};
}

/// More transactions for a destination that cannot keep up would only make those wait that are there; in the end calls
/// would run into their time limits before they are made. Those that are known already are let in.
bool shard_state::would_wait_too_long(const txn_definition& begun) const {
  const std::size_t looked_at = std::min(begun.steps.size(), steps_looked_at_max);
  const std::size_t coming = home_->writes_under_way();  // of those that were let in before, and have made no call yet
  for (const step& one : std::span{begun.steps}.first(looked_at)) {
    if (home_->calls().is_crowded(begun.protocol, one.action, coming)) return true;
  }
  return false;
}

/// What clients add to what is known, up to twice the limit, too.
bool shard_state::adds_too_much(const envelope& in) const {
  return std::holds_alternative<register_requested>(in.what) &&
         live_bytes_ + in.body_bytes > 2 * home_->live_bytes_max();
}

/// Clients that come while recovery reads the store are let in when it has: whatever is stored is found before it is
/// spoken of.
void shard_state::keep_back(envelope&& in) {
  if (kept_back_.size() >= home_->live_max()) return refuse(*home_, in, too_many());
  kept_back_.push_back(std::move(in));
}

void shard_state::accept(envelope&& in) {
  if (is_recovering_) return keep_back(std::move(in));
  if (adds_too_much(in)) return refuse(*home_, in, too_many_bytes());
  auto found = live_.find(in.gid.value);
  if (found == live_.end()) {
    const bool begins = begun_by(in.what) != nullptr && !parked_.contains(in.gid.value);
    if (answer no = admit(in, begins); no.kind != answer_kind::ok) return refuse(*home_, in, std::move(no));
    const auto create_time = begins ? std::nullopt : unpark(in.gid.value);
    awaken(in.gid, why_awoken(in.what, begins), create_time.value_or(now()));
    found = live_.find(in.gid.value);
  }
  live_one& one = found->second;
  one.sent += 1;
  one.bytes += in.body_bytes;
  live_bytes_ += in.body_bytes;
  self_->send(one.who, std::move(in));
}

shard_state::live_one& shard_state::awaken(const gid& id, awakening why, time_point since) {
  live_one& one = live_[id.value];
  one.who = self_->spawn<caf::lazy_init + caf::hidden>(transaction, home_, id, why);
  one.since = since;
  one.by_due = why == awakening::by_due;
  one.is_weighed = why == awakening::by_creation;
  resuming_ += one.by_due ? 1 : 0;
  unweighed_ += one.is_weighed ? 0 : 1;
  home_->around().live += 1;
  home_->metrics().in_flight->Increment();
  if (why != awakening::by_creation) self_->send(one.who, woken{});  // a lazy actor begins with its first message
  return one;
}

void shard_state::note_weight(const weighed& what) {
  const auto found = live_.find(what.gid.value);
  if (found == live_.end() || found->second.who.id() != what.who) return;
  live_one& one = found->second;
  if (std::exchange(one.is_weighed, true)) return;  // it was read again
  unweighed_ -= 1;
  one.bytes += what.bytes;
  live_bytes_ += what.bytes;
  start_due();
}

void shard_state::let_retire(retire& what) {
  const auto found = live_.find(what.gid.value);
  if (found == live_.end() || found->second.who.id() != what.who || found->second.sent != what.accepted) return;
  resuming_ -= found->second.by_due ? 1 : 0;
  unweighed_ -= found->second.is_weighed ? 0 : 1;
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

std::optional<time_point> shard_state::unpark(const std::string& id) {
  const auto found = parked_.find(id);
  if (found == parked_.end()) return std::nullopt;
  const time_point create_time = found->second.create_time;
  forget_age(create_time);
  parked_.erase(found);
  home_->metrics().parked->Decrement();
  return create_time;
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
  while (!due_.empty() && has_room_for_due()) {
    const gid id{std::move(due_.front())};
    due_.pop_front();
    home_->metrics().due_queue->Decrement();
    if (const auto create_time = unpark(id.value)) awaken(id, awakening::by_due, *create_time);
  }
}

/// A few are read at a time: what they hold is known only then.
bool shard_state::has_room_for_due() const {
  return has_room_to_resume() && unweighed_ < unweighed_max;
}

bool shard_state::has_room_to_resume() const {
  return resuming_ < home_->resuming_max() && live_bytes_ < home_->live_bytes_max();
}

void shard_state::let_rest() {
  for (const auto& [id, one] : live_) self_->send(one.who, rest_now{});
}

void shard_state::take_over(const recovered& found) {
  for (const due_entry& one : found.entries) {
    park(one.gid.value, one.due, one.create_time);
    if (one.stuck) home_->metrics().stuck->Increment();
  }
  if (!found.were_all) return;
  is_recovering_ = false;
  for (envelope& one : std::exchange(kept_back_, {})) accept(std::move(one));
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
  kept_back_.clear();
  live_.clear();
  parked_.clear();
  self_->quit();
}

}  // namespace treaty
