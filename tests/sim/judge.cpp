#include "tests/sim/judge.hpp"

#include <algorithm>

namespace treaty::sim {
namespace {

constexpr duration hears_of_failure = std::chrono::seconds{2};

/// What may follow a status, whatever the reason.
bool may_become(trans_type type, txn_status from, txn_status to) {
  if (from == to) return true;
  if (is_final(from)) return false;
  if (from == txn_status::prepared) return to != txn_status::prepared;
  if (to == txn_status::failed) return true;
  if (from == txn_status::submitted) {
    return to == txn_status::succeed || (to == txn_status::aborting && type == trans_type::saga);
  }
  return false;
}

std::string name_of(const file& one, std::size_t part, std::string_view op) {
  return one.parts[part].id + ' ' + std::string{op};
}

bool is_two_phase(const file& one) {
  return one.type == trans_type::tcc || one.type == trans_type::xa;
}

const leg* find_leg(const txn_record& record, std::string_view id, std::string_view op) {
  for (std::size_t at = 0; at < record.progress.legs.size(); ++at) {
    const leg_view view = view_leg(record, at);
    if (view.id.value == id && view.op_name == op) return &record.progress.legs[at];
  }
  return nullptr;
}

bool is_registered(const txn_record& record, const std::string& id) {
  return std::any_of(record.branches.begin(), record.branches.end(),
                     [&](const auto& one) { return one->id.value == id; });
}

}  // namespace

void judge::blame(const file& one, const std::string& what) {
  all_.trace(one.gid, "VIOLATION", what);
  violations_.push_back(one.gid + " (" + std::string{to_string(one.type)} + "): " + what);
}

const txn_record* judge::durable(const file& one) const {
  const disk::row* const found = kept_.find(one.gid);
  return found == nullptr ? nullptr : &found->record;
}

bool judge::heard(const file& one, std::size_t part, std::string_view op) const {
  return std::any_of(one.calls.begin(), one.calls.end(), [&](const call_made& call) {
    return call.part == part && call.op == op && call.answered && call.succeeded;
  });
}

bool judge::called(const file& one, std::size_t part, std::string_view op) const {
  return std::any_of(one.calls.begin(), one.calls.end(),
                     [&](const call_made& call) { return call.part == part && call.op == op; });
}

bool judge::skipped(const file& one, std::size_t part, std::string_view op) const {
  return one.asked_skips.contains(name_of(one, part, op));
}

bool judge::done(const file& one, std::size_t part, std::string_view op) const {
  return one.parts[part].without_call || heard(one, part, op) || skipped(one, part, op);
}

bool judge::undone(const file& one, std::size_t part) const {
  return !called(one, part, "action") || done(one, part, "compensate");
}

/// A transaction that could not be written down is read again, and knows nothing of its calls, as after a crash.
bool judge::is_awaited(const file& one, const call_made& call, unsigned life) const {
  return call.life == life && !call.answered && call.began > one.last_failed + hears_of_failure;
}

void judge::stored(file& one, const txn_record* before, const txn_record& after) {
  const txn_status now_is = after.progress.status;
  all_.trace(one.gid, "stored", to_string(now_is));
  if (now_is == txn_status::submitted && !is_set(one.first_submitted)) {
    // What else was decided before this was written may have changed the record's own time.
    one.first_submitted = after.progress.update_time;
    if (one.asked_submit) one.first_submitted = std::min(one.first_submitted, one.first_asked);
  }
  if (before == nullptr) return;
  const txn_status was = before->progress.status;
  if (!may_become(one.type, was, now_is)) {
    blame(one, "was " + std::string{to_string(was)} + " and becomes " + std::string{to_string(now_is)});
  }
  if (after.branches.size() < before->branches.size()) blame(one, "forgets a registered branch");
  for (std::size_t at = 0; at < std::min(before->progress.legs.size(), after.progress.legs.size()); ++at) {
    const bool was_done = before->progress.legs[at].status == leg_status::succeed;
    if (was_done && after.progress.legs[at].status != leg_status::succeed) blame(one, "forgets a success");
  }
}

std::size_t judge::call_begins(file& one, const branch_call& what, unsigned life) {
  const std::string op{what.op};
  all_.trace(one.gid, "call", what.id.value + ' ' + op);
  call_made call;
  call.op = op;
  call.life = life;
  call.began = all_.clock();
  const auto found =
      std::find_if(one.parts.begin(), one.parts.end(), [&](const part& each) { return each.id == what.id.value; });
  call.part = static_cast<std::size_t>(found - one.parts.begin());
  const txn_record* const record = durable(one);
  if (found == one.parts.end()) {
    blame(one, "calls an unknown branch " + what.id.value);
    call.part = 0;
  } else if (record == nullptr) {
    blame(one, "calls " + name_of(one, call.part, op) + " although nothing is stored");
  } else {
    check_turn(one, call, *record);
  }
  one.calls.push_back(std::move(call));
  return one.calls.size() - 1;
}

void judge::check_turn(file& one, const call_made& call, const txn_record& record) {
  const std::string name = name_of(one, call.part, call.op);
  const txn_status rests_on = is_undo(call.op) ? txn_status::aborting : txn_status::submitted;
  if (record.progress.status != rests_on) {
    blame(one, "calls " + name + " while what is durable says " + std::string{to_string(record.progress.status)});
  }
  const leg* const row = find_leg(record, one.parts[call.part].id, call.op);
  if (row == nullptr) return blame(one, "calls " + name + ", which is not stored");
  if (row->status != leg_status::prepared) blame(one, "calls " + name + " again after its answer was durable");
  for (const call_made& other : one.calls) {
    if (other.part == call.part && other.op == call.op && is_awaited(one, other, call.life)) {
      blame(one, "calls " + name + " while an answer to the same call is awaited");
    }
  }
  if (one.type == trans_type::saga) is_undo(call.op) ? check_saga_undo(one, call) : check_saga_action(one, call);
  if (is_two_phase(one)) check_two_phase(one, call);
  if (one.type == trans_type::msg) check_msg(one, call);
  if (one.type == trans_type::workflow) blame(one, "calls a branch of a workflow");
}

void judge::check_saga_action(file& one, const call_made& call) {
  const saga_plan& plan = one.definition->saga;
  const auto needs = [&](std::size_t sooner) {
    if (!done(one, sooner, "action")) {
      blame(one,
            "calls " + name_of(one, call.part, call.op) + " before " + name_of(one, sooner, "action") + " succeeded");
    }
  };
  if (!plan.concurrent && call.part > 0) needs(call.part - 1);
  if (const auto order = plan.orders.find(static_cast<std::uint32_t>(call.part)); order != plan.orders.end()) {
    for (const std::uint32_t sooner : order->second) needs(sooner);
  }
  for (const call_made& other : one.calls) {
    if (other.op == "compensate") blame(one, "calls an action after a compensation");
  }
}

void judge::check_saga_undo(file& one, const call_made& call) {
  const saga_plan& plan = one.definition->saga;
  for (std::size_t later = 0; later < one.parts.size(); ++later) {
    const auto order = plan.orders.find(static_cast<std::uint32_t>(later));
    const bool is_ordered =
        order != plan.orders.end() && std::count(order->second.begin(), order->second.end(), call.part);
    const bool comes_later = plan.concurrent ? is_ordered : later > call.part;
    if (comes_later && !undone(one, later)) {
      blame(one, "compensates " + one.parts[call.part].id + " before " + one.parts[later].id);
    }
  }
  for (const call_made& other : one.calls) {
    if (other.part == call.part && other.op == "action" && is_awaited(one, other, call.life) &&
        !skipped(one, call.part, "action")) {
      blame(one, "compensates a step whose action has not answered");
    }
  }
}

void judge::check_two_phase(file& one, const call_made& call) {
  const txn_record& record = *durable(one);
  std::vector<std::string> order;
  for (const auto& row : record.branches) {
    if (to_string(row->op) == call.op) order.push_back(row->id.value);
  }
  if (one.type == trans_type::tcc) std::reverse(order.begin(), order.end());
  for (const std::string& id : order) {
    if (id == one.parts[call.part].id) break;
    const auto other =
        std::find_if(one.parts.begin(), one.parts.end(), [&](const part& each) { return each.id == id; });
    const auto at = static_cast<std::size_t>(other - one.parts.begin());
    if (at < one.parts.size() && !done(one, at, call.op)) {
      blame(one, "calls " + name_of(one, call.part, call.op) + " before " + name_of(one, at, call.op));
    }
  }
  for (const call_made& other : one.calls) {
    if (is_undo(other.op) != is_undo(call.op)) blame(one, "calls " + call.op + " after " + other.op);
  }
}

void judge::check_msg(file& one, const call_made& call) {
  if (!one.definition->options.concurrent && call.part > 0 && !done(one, call.part - 1, "action")) {
    blame(one, "calls " + name_of(one, call.part, call.op) + " before the one before it");
  }
  if (is_set(one.first_submitted) && all_.clock() < one.first_submitted + one.definition->delay) {
    blame(one, "calls " + name_of(one, call.part, call.op) + " before its delay is over");
  }
}

void judge::asks(file& one, const branch_call& what) {
  all_.trace(one.gid, "ask", what.op);
  const txn_record* const record = durable(one);
  if (record == nullptr || record->progress.status != txn_status::prepared) {
    blame(one, "asks the application although the transaction is not prepared");
  }
  if (one.type != trans_type::msg && one.type != trans_type::workflow) blame(one, "has no application to ask");
}

void judge::answered(file& one, request what, std::size_t part, const answer& said) {
  if (said.kind != answer_kind::ok || what == request::retry) return;
  const txn_record* const record = durable(one);
  if (record == nullptr) return blame(one, "says ok although nothing is stored");
  const txn_status status = record->progress.status;
  const auto is_now = [&](bool as_promised, const char* promise) {
    if (!as_promised)
      blame(one, std::string{promise} + " is acknowledged, stored is " + std::string{to_string(status)});
  };
  switch (what) {
    case request::prepare:
      one.told_prepared = true;
      return;
    case request::submit:
      one.told_submitted = true;
      is_now(status != txn_status::prepared, "a submit");
      if (one.type != trans_type::saga && one.type != trans_type::workflow) {
        is_now(status == txn_status::submitted || status == txn_status::succeed || one.asked_stop, "a submit");
      }
      if (one.definition->options.wait_result && one.type != trans_type::workflow) {
        one.told_success = true;
        is_now(status == txn_status::succeed, "the success");
      }
      return;
    case request::register_branch:
      one.told_registered.insert(one.parts[part].id);
      is_now(is_registered(*record, one.parts[part].id), "a registration");
      return;
    case request::abort:
      one.told_aborted = true;
      return is_now(status == txn_status::aborting || status == txn_status::failed, "an abort");
    case request::stop:
      one.told_stopped = true;
      return is_now(status == txn_status::failed, "a stop");
    case request::skip:
    case request::retry:
      return;
  }
}

void judge::shown(file& one, const txn_record* record, known before) {
  if (record == nullptr) {
    if (before.exists) blame(one, "is not found, although it was acknowledged");
    return;
  }
  const txn_status status = record->progress.status;
  if (is_final(before.end) && status != before.end) {
    blame(one, "was shown as " + std::string{to_string(before.end)} + ", now as " + std::string{to_string(status)});
  }
  if (!is_final(status)) return;
  if (is_final(one.told_end) && status != one.told_end) blame(one, "was shown with two ends");
  one.told_end = status;
}

void judge::told_end(file& one, txn_status status) {
  const txn_record* const record = durable(one);
  if (record == nullptr || record->progress.status != status)
    blame(one, "a web-hook is told of an end that is not stored");
  if (record != nullptr) shown(one, record, known_of(one));
}

/// An unfinished transaction that the index does not name once would be lost with the next crash.
void judge::check_due(file& one, const txn_record& record) {
  const auto& all = kept_.due();
  const auto found =
      std::count_if(all.begin(), all.end(), [&](const auto& each) { return each.second.gid.value == one.gid; });
  const auto wanted = is_final(record.progress.status) ? 0 : 1;
  if (found != wanted) blame(one, "stands " + std::to_string(found) + " times in the index of the unfinished");
}

void judge::at_the_end(file& one) {
  const txn_record* const record = durable(one);
  shown(one, record, known_of(one));
  if (record == nullptr) return;
  check_due(one, *record);
  const txn_status status = record->progress.status;
  if (!is_final(status)) {
    const bool waits_for_ever = one.type == trans_type::saga && status == txn_status::prepared && !one.told_submitted;
    if (!waits_for_ever) blame(one, "never ends: it is still " + std::string{to_string(status)});
    return;
  }
  check_told(one, *record);
  if (one.asked_stop) return;
  check_end(one, status);
  if (one.asked_skips.empty()) check_money(one, status);
}

void judge::check_told(file& one, const txn_record& record) {
  const txn_status status = record.progress.status;
  for (const std::string& id : one.told_registered) {
    if (!is_registered(record, id)) blame(one, "has lost the registered branch " + id);
  }
  if (one.told_success && status != txn_status::succeed) blame(one, "told a client of its success, and failed");
  if (one.told_stopped && status != txn_status::failed) blame(one, "was stopped, and succeeded");
  if (one.asked_stop) return;
  const bool is_saga = one.type == trans_type::saga;
  if (one.told_submitted && !is_saga && one.type != trans_type::workflow && status != txn_status::succeed) {
    blame(one, "acknowledged a submit, and failed");
  }
  if (one.told_aborted && status != txn_status::failed) blame(one, "acknowledged an abort, and succeeded");
  if (!one.asked_submit && is_saga) blame(one, "ended without a submit");
  const bool decides_itself = one.type == trans_type::workflow || (one.type == trans_type::msg && one.prepares);
  const bool should_succeed = one.decided == own_decision::committed;
  if (decides_itself && should_succeed != (status == txn_status::succeed)) {
    blame(one, "ended as " + std::string{to_string(status)} + ", its application decided otherwise");
  }
}

void judge::check_end(file& one, txn_status status) {
  const bool good = status == txn_status::succeed;
  if (one.type == trans_type::saga) return check_saga_end(one, status);
  if (one.type == trans_type::workflow || (one.type == trans_type::msg && !good)) return;
  const std::string_view op = one.type == trans_type::tcc  ? (good ? "confirm" : "cancel")
                              : one.type == trans_type::xa ? (good ? "commit" : "rollback")
                                                           : "action";
  const txn_record& record = *durable(one);
  for (std::size_t at = 0; at < one.parts.size(); ++at) {
    const bool is_owed = one.type == trans_type::msg || is_registered(record, one.parts[at].id);
    if (is_owed && !done(one, at, op)) blame(one, "ended without " + name_of(one, at, op));
  }
}

void judge::check_saga_end(file& one, txn_status status) {
  for (std::size_t at = 0; at < one.parts.size(); ++at) {
    if (status == txn_status::succeed) {
      if (!done(one, at, "action")) blame(one, "succeeded without " + name_of(one, at, "action"));
      if (called(one, at, "compensate")) blame(one, "succeeded although it compensated");
    } else if (!undone(one, at)) {
      blame(one, "failed without undoing " + one.parts[at].id);
    }
  }
}

void judge::check_money(file& one, txn_status status) {
  const long wanted = status == txn_status::succeed ? 1 : 0;
  long sum = 0;
  for (std::size_t at = 0; at < one.parts.size(); ++at) {
    const entry& there = one.entries[at];
    sum += there.applied * one.parts[at].amount;
    if (one.parts[at].without_call) continue;
    if (there.applied != wanted) {
      blame(one, "ended as " + std::string{to_string(status)} + ", and the amount of " + one.parts[at].id + " stands " +
                     std::to_string(there.applied) + " times in its account");
    }
    if (is_two_phase(one) && there.did && !there.confirmed && !there.undone) {
      blame(one, "ended, and " + one.parts[at].id + " still holds its amount");
    }
  }
  if (sum != 0) blame(one, "made or lost money");
}

}  // namespace treaty::sim
