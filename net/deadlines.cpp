#include "net/deadlines.hpp"

namespace treaty {
namespace {

std::int64_t ticks_up_to(deadline_list::clock::time_point when) {
  const auto since = when.time_since_epoch();
  return (since + deadline_list::tick - deadline_list::clock::duration{1}) / deadline_list::tick;
}

}  // namespace

void deadline_entry::leave() {
  if (list_ == nullptr) return;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (previous_ != nullptr) {
    previous_->next_ = next_;
  } else {
    const auto at = list_->first_by_tick_.find(tick_);
    at->second = next_;
    if (next_ == nullptr) list_->first_by_tick_.erase(at);  // else one stays for each tick of a day
  }
  previous_ = next_ = nullptr;
  list_ = nullptr;
}

deadline_list::clock::time_point deadline_list::moment_of(clock::time_point when) {
  return clock::time_point{ticks_up_to(when) * tick};
}

void deadline_list::add(deadline_entry& entry, clock::time_point when) {
  entry.leave();
  entry.tick_ = ticks_up_to(when);
  const auto at = first_by_tick_.try_emplace(entry.tick_, nullptr).first;
  entry.next_ = at->second;
  if (entry.next_ != nullptr) entry.next_->previous_ = &entry;
  entry.list_ = this;
  at->second = &entry;
}

void deadline_list::sweep(clock::time_point now) {
  const std::int64_t due = now.time_since_epoch() / tick;
  while (!first_by_tick_.empty() && first_by_tick_.begin()->first <= due) {
    deadline_entry* const first = first_by_tick_.begin()->second;
    first->leave();
    first->expired();
  }
}

std::optional<deadline_list::clock::time_point> deadline_list::earliest() const {
  if (first_by_tick_.empty()) return std::nullopt;
  return clock::time_point{first_by_tick_.begin()->first * tick};
}

}  // namespace treaty
