#include "actors/end_watch.hpp"

#include <algorithm>
#include <utility>

#include "actors/lane.hpp"

namespace treaty {
namespace {

constexpr std::size_t waiters_max = 10'000;  // of one lane; each holds a client's connection

}  // namespace

void end_watch::add(gid id, time_point until, on_result<txn_record> done) {
  if (waiting_.size() >= waiters_max) return done(failure{errc::overloaded, "too many requests wait for an end"});
  auto one = std::make_unique<waiter>();
  one->gid = id;
  one->number = ++last_number_;
  one->done = std::move(done);
  one->owner = this;
  home_.arm(*one, until);
  waiting_.emplace(id.value, std::move(one));
  // Only now: an end that becomes durable after this look finds the waiter.
  look(id, last_number_, answer_with::what_is_final);
}

void end_watch::waiter::fire() {
  owner->look(gid, number, answer_with::whatever_is_there);
}

void end_watch::look(const gid& id, std::uint64_t number, answer_with what) {
  home_.read([this, id, number, what](store& kept) {
    auto stored = std::make_shared<result<txn_record>>(kept.load(id));
    home_.post([this, id, number, what, stored] { seen(id, number, what, std::move(*stored)); });
  });
}

void end_watch::seen(const gid& id, std::uint64_t number, answer_with what, result<txn_record> stored) {
  const auto [first, last] = waiting_.equal_range(id.value);
  const auto found = std::find_if(first, last, [number](const auto& one) { return one.second->number == number; });
  if (found == last) return;  // the end came meanwhile
  const bool goes_on = stored && !is_final(stored->progress.status);
  if (goes_on && what == answer_with::what_is_final) return;
  const auto done = std::move(found->second->done);
  waiting_.erase(found);
  done(std::move(stored));
}

void end_watch::ended(const txn_record& record) {
  if (waiting_.empty()) return;
  const auto [first, last] = waiting_.equal_range(record.definition->gid.value);
  std::vector<on_result<txn_record>> all;
  for (auto one = first; one != last; ++one) all.push_back(std::move(one->second->done));
  waiting_.erase(first, last);
  for (const auto& done : all) done(record);
}

void end_watch::let_go() {
  for (auto& [id, one] : std::exchange(waiting_, {})) one->done(failure{errc::unavailable, "the coordinator stops"});
}

}  // namespace treaty
