#include "net/http/hook_queue.hpp"

#include <algorithm>
#include <utility>

namespace treaty {
namespace {

constexpr std::size_t whole = 1;
constexpr std::size_t host_share = 2;
constexpr std::size_t hook_share = 4;

}  // namespace

bool hook_queue::has_room(const load& kept, std::size_t bytes, std::size_t share) const {
  return kept.count < std::max<std::size_t>(limits_.kept_max / share, 1) &&
         kept.bytes + bytes <= limits_.bytes_max / share;
}

hook_queue::hook& hook_queue::hook_of(const hook_address& to) {
  const std::string key{hook_key(to)};
  hook& found = hooks_[key];
  if (found.at != nullptr) return found;
  const std::string origin{to.parsed.origin};
  host& at = hosts_[origin];
  at.key = origin;
  found.key = key;
  found.at = &at;
  return found;
}

bool hook_queue::add(post what) {
  const std::size_t bytes = what.body->size();
  if (!has_room(kept_, bytes, whole)) return false;
  hook& owner = hook_of(*what.to);
  if (!has_room(owner.at->kept, bytes, host_share) || !has_room(owner.kept, bytes, hook_share)) {
    forget_if_empty(owner);
    return false;
  }
  for (load* one : {&kept_, &owner.at->kept, &owner.kept}) {
    ++one->count;
    one->bytes += bytes;
  }
  what.owner = &owner;
  make_ready(std::move(what));
  return true;
}

void hook_queue::make_ready(post what) {
  hook& owner = *what.owner;
  host& at = *owner.at;
  if (owner.ready.empty()) {
    if (at.turns.empty()) turns_.push_back(&at);
    at.turns.push_back(&owner);
  }
  owner.ready.push_back(std::move(what));
}

std::vector<hook_queue::post> hook_queue::take(time_point now) {
  while (!repeats_.empty() && repeats_.begin()->first <= now) {
    make_ready(std::move(repeats_.begin()->second));
    repeats_.erase(repeats_.begin());
  }
  std::vector<post> out;
  while (in_flight_ < limits_.in_flight_max && start_next(out)) continue;
  return out;
}

// Few are passed over: each of those has its share of the few posts in flight.
bool hook_queue::start_next(std::vector<post>& out) {
  for (auto each = turns_.begin(); each != turns_.end(); ++each) {
    host& at = **each;
    if (at.in_flight >= limits_.host_in_flight_max) continue;
    const auto which = std::find_if(at.turns.begin(), at.turns.end(),
                                    [&](const hook* one) { return one->in_flight < limits_.hook_in_flight_max; });
    if (which == at.turns.end()) continue;
    start_from(which, at, out);
    if (at.turns.empty()) {
      turns_.erase(each);
    } else {
      turns_.splice(turns_.end(), turns_, each);
    }
    return true;
  }
  return false;
}

void hook_queue::start_from(std::list<hook*>::iterator which, host& at, std::vector<post>& out) {
  hook& owner = **which;
  out.push_back(std::move(owner.ready.front()));
  owner.ready.pop_front();
  ++out.back().tries;
  ++in_flight_;
  ++at.in_flight;
  ++owner.in_flight;
  if (owner.ready.empty()) {
    at.turns.erase(which);
  } else {
    at.turns.splice(at.turns.end(), at.turns, which);
  }
}

void hook_queue::delivered(const post& what) {
  landed(what);
  drop(what);
}

bool hook_queue::failed(post what, time_point now) {
  landed(what);
  if (what.tries >= limits_.tries_max) {
    drop(what);
    return false;
  }
  auto wait = limits_.wait;
  for (unsigned tried = 1; tried < what.tries; ++tried) wait *= limits_.growth;
  repeats_.emplace(now + wait, std::move(what));
  return true;
}

void hook_queue::landed(const post& what) {
  --in_flight_;
  --what.owner->in_flight;
  --what.owner->at->in_flight;
}

void hook_queue::drop(const post& what) {
  hook& owner = *what.owner;
  for (load* one : {&kept_, &owner.at->kept, &owner.kept}) {
    --one->count;
    one->bytes -= what.body->size();
  }
  forget_if_empty(owner);
}

void hook_queue::forget_if_empty(hook& one) {
  host& at = *one.at;
  if (one.kept.count == 0) hooks_.erase(std::string{one.key});
  if (at.kept.count == 0) hosts_.erase(std::string{at.key});
}

std::optional<time_point> hook_queue::next_due() const {
  if (repeats_.empty()) return std::nullopt;
  return repeats_.begin()->first;
}

}  // namespace treaty
