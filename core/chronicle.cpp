#include "core/chronicle.hpp"

#include <utility>

#include "core/legs.hpp"
#include "core/lifecycle.hpp"

namespace treaty {
namespace {

/// Why the status is what it is now, as far as the record does not say it by itself.
std::string reason_of(const txn_progress& progress) {
  const bool undone = progress.status == txn_status::aborting || progress.status == txn_status::failed;
  return undone ? std::string{cut_text(progress.rollback_reason, history_text_bytes_max)} : std::string{};
}

}  // namespace

chronicle::before chronicle::look(const txn_state& state, const event& e) {
  before was;
  was.existed = state.exists();
  was.status = state.record.progress.status;
  was.leg_count = state.record.branches.size();
  if (const auto* a = std::get_if<answered>(&e)) {
    was.awaited = a->leg < state.in_flight.size() && state.in_flight[a->leg] != 0;
  } else if (std::holds_alternative<watch_answered>(e)) {
    was.awaited = state.watch_in_flight;
  }
  return was;
}

void chronicle::note(const before& was, const event& e, const transition& decided, time_point now) {
  if (pages_max_ == 0 || !decided.next.exists() || (was.existed && is_final(was.status))) return;
  const bool acted = decided.write != urgency::none;
  if (const auto* a = std::get_if<answered>(&e); a != nullptr && was.awaited) {
    add({.at = now,
         .kind = history_kind::called,
         .outcome = a->outcome,
         .leg = static_cast<std::uint32_t>(a->leg),
         .took = a->took,
         .text = std::string{cut_text(a->detail, history_text_bytes_max)}});
  } else if (const auto* w = std::get_if<watch_answered>(&e); w != nullptr && was.awaited) {
    add({.at = now,
         .kind = history_kind::asked,
         .outcome = w->outcome,
         .took = w->took,
         .text = std::string{cut_text(w->detail, history_text_bytes_max)}});
  } else if (std::holds_alternative<register_requested>(e)) {
    for (std::size_t leg = was.leg_count; leg < decided.next.record.branches.size(); ++leg) {
      add({.at = now, .kind = history_kind::registered, .leg = static_cast<std::uint32_t>(leg)});
    }
  } else if (const auto* stop = std::get_if<force_stop_requested>(&e); stop != nullptr && acted) {
    note_operator(operator_action::force_stop, stop->by, 0, now);
  } else if (const auto* retry = std::get_if<retry_requested>(&e); retry != nullptr && acted) {
    note_operator(operator_action::retry, retry->by, 0, now);
  } else if (const auto* skip = std::get_if<skip_requested>(&e); skip != nullptr && acted) {
    const std::size_t leg = find_leg(decided.next.record, skip->branch, skip->op).value_or(0);
    note_operator(operator_action::skip, skip->by, static_cast<std::uint32_t>(leg), now);
  }
  note_status(was, decided.next, now);
}

void chronicle::note_operator(operator_action action, const operator_note& by, std::uint32_t leg, time_point now) {
  add({.at = now,
       .kind = history_kind::operated,
       .action = action,
       .leg = leg,
       .actor = std::string{cut_text(by.actor, history_actor_bytes_max)},
       .text = std::string{cut_text(by.reason, history_text_bytes_max)}});
}

void chronicle::note_status(const before& was, const txn_state& is, time_point now) {
  const txn_progress& progress = is.record.progress;
  if (!was.existed || progress.status == was.status) return;  // that it was created, its definition says
  add({.at = now,
       .kind = history_kind::decided,
       .from = was.status,
       .to = progress.status,
       .text = reason_of(progress)});
}

void chronicle::add(history_entry entry) {
  if (waiting_.size() == history_entries_a_page) {
    left_out_ += 1;
    waiting_.back() = std::move(entry);  // the last one tells more than the one before it
    return;
  }
  waiting_.push_back(std::move(entry));
}

history_page chronicle::take_page(std::uint32_t& number) {
  history_page page;
  if (waiting_.empty()) return page;
  page.number = number;
  page.slot = history_slot(number, pages_max_);
  page.left_out = std::exchange(left_out_, 0);
  page.entries = std::exchange(waiting_, {});
  number += 1;
  return page;
}

}  // namespace treaty
