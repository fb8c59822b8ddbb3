#include "core/driver.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/assert.hpp"
#include "core/lifecycle.hpp"

namespace treaty {
namespace {

void append(effects& to, effects&& more) {
  if (to.empty()) {
    to = std::move(more);
  } else {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
}

}  // namespace

driver::driver(treaty::gid id, record_id row, server_policy policy, std::chrono::milliseconds progress_delay)
    : policy_{policy}, progress_delay_{progress_delay}, history_{policy.history_pages_max} {
  state_.gid = std::move(id);
  state_.record.row = row;
}

driver::driver(txn_record stored, server_policy policy, std::chrono::milliseconds progress_delay)
    : state_{state_of(std::move(stored))},
      policy_{policy},
      progress_delay_{progress_delay},
      history_{policy.history_pages_max},
      stored_definition_{state_.record.definition.get()},
      stored_branches_{state_.record.branches.size()},
      stored_stuck_{state_.record.progress.stuck} {}

output driver::offer(const event& e, time_point now) {
  output out;
  const chronicle::before was = chronicle::look(state_, e);
  transition decided = advance(std::move(state_), e, context{now, policy_});
  history_.note(was, e, decided, now);
  take(std::move(decided), out, now);
  write_if_owed(out, now);
  return out;
}

void driver::take(transition&& decided, output& out, time_point now) {
  state_ = std::move(decided.next);
  if (decided.write != urgency::none && !is_set(changed_at_)) changed_at_ = now;
  if (decided.write == urgency::now) must_write_now_ = true;
  if (must_write_now_) {
    append(resting_on_next_, std::move(decided.orders));
  } else if (under_way_is_decision_) {
    append(resting_on_under_way_, std::move(decided.orders));
  } else {
    append(out.now, std::move(decided.orders));
  }
}

output driver::durable(revision written, time_point now) {
  TREATY_ASSERT(under_way_ != 0 && written == under_way_);
  output out;
  under_way_ = 0;
  under_way_is_decision_ = false;
  state_.record.progress.revision = written;
  if (!release(out)) {
    write_if_owed(out, now);
    return out;
  }
  output then = offer(timer_fired{}, now);  // what waited for the answers to those calls need not wait any more
  append(out.now, std::move(then.now));
  out.write = std::move(then.write);
  return out;
}

/// True when calls were withdrawn whose answers something may wait for.
bool driver::release(output& out) {
  const bool goes_on = !is_final(state_.record.progress.status);
  bool any_withdrawn = false;
  for (effect& one : std::exchange(resting_on_under_way_, {})) {
    if (is_pointless(one)) {
      withdraw(one);
      any_withdrawn |= goes_on;
    } else {
      out.now.push_back(std::move(one));
    }
  }
  return any_withdrawn;
}

/// Overtaken by what was decided since: a call when the transaction has ended or an operator has skipped it, an action
/// when its saga is being undone, a question when the client has spoken.
bool driver::is_pointless(const effect& one) const {
  const txn_status status = state_.record.progress.status;
  if (std::holds_alternative<reply>(one)) return false;
  if (is_final(status)) return true;
  if (std::holds_alternative<call_watch>(one)) return !state_.watch_in_flight;
  const auto* const call = std::get_if<call_leg>(&one);
  if (call == nullptr) return false;
  if (state_.record.progress.legs[call->leg].status != leg_status::prepared) return true;
  return status == txn_status::aborting && view_leg(state_.record, call->leg).op == branch_op::action;
}

/// No answer is awaited.
void driver::withdraw(const effect& one) {
  if (const auto* call = std::get_if<call_leg>(&one)) state_.in_flight[call->leg] = 0;
  if (std::holds_alternative<call_watch>(one)) state_.watch_in_flight = false;
}

void driver::write_if_owed(output& out, time_point now) {
  if (under_way_ != 0 || !is_set(changed_at_)) return;
  if (!must_write_now_ && now < changed_at_ + progress_delay_) return;
  out.write = make_write(now);
  under_way_ = out.write->progress.revision;
  under_way_is_decision_ = std::exchange(must_write_now_, false);
  resting_on_under_way_ = std::exchange(resting_on_next_, {});
  changed_at_ = {};
}

write_set driver::make_write(time_point now) {
  txn_record& record = state_.record;
  write_set write;
  write.gid = state_.gid;
  write.row = record.row;
  write.expected = record.progress.revision;
  write.due_before = record.progress.due;
  record.progress.due = due_now(now);
  write.history = history_.take_page(record.progress.history_pages);
  write.progress = record.progress;
  write.progress.revision = write.expected + 1;
  if (record.definition.get() != stored_definition_) write.definition = record.definition;
  write.create_time = record.definition->create_time;
  write.first_new_branch = stored_branches_;
  write.new_branches.assign(record.branches.begin() + static_cast<std::ptrdiff_t>(stored_branches_),
                            record.branches.end());
  stored_definition_ = record.definition.get();
  stored_branches_ = record.branches.size();
  write.stuck_before = std::exchange(stored_stuck_, record.progress.stuck);
  return write;
}

/// Where the due index should find the record after a crash: at once when calls are under way.
time_point driver::due_now(time_point now) const {
  if (is_final(state_.record.progress.status)) return {};
  if (any_in_flight(state_)) return now;
  return treaty::next_moment(state_).value_or(far_future);
}

std::optional<time_point> driver::next_moment() const {
  std::optional<time_point> soonest = treaty::next_moment(state_);
  if (is_set(changed_at_) && under_way_ == 0) {
    const time_point flush = changed_at_ + progress_delay_;
    soonest = soonest ? std::min(*soonest, flush) : flush;
  }
  return soonest;
}

bool driver::finished() const {
  return state_.exists() && is_final(state_.record.progress.status) && under_way_ == 0 && !is_set(changed_at_);
}

bool driver::may_park() const {
  return under_way_ == 0 && !is_set(changed_at_) && state_.waiters.empty() && state_.abort_waiters.empty() &&
         !any_in_flight(state_);
}

}  // namespace treaty
