#include "core/legs.hpp"

#include <algorithm>
#include <numeric>

#include "core/lifecycle.hpp"

namespace treaty {
namespace {

/// Is a branch with this id and operation there?
bool has_branch(const txn_record& record, const registered_branch& like) {
  return std::any_of(record.branches.begin(), record.branches.end(), [&](const auto& one) {
    return one->id == like.id && one->op == like.op && one->op_name == like.op_name;
  });
}

std::size_t payload_bytes(const std::vector<std::shared_ptr<const registered_branch>>& branches) {
  return std::accumulate(branches.begin(), branches.end(), std::size_t{0},
                         [](std::size_t sum, const auto& one) { return sum + one->payload.size(); });
}

/// While a request waits for how far the transaction gets, what was called in vain is not called again: others, still
/// under way, would keep the request waiting for as long as these take turns.
bool waits_for_next_round(const txn_state& state, const leg& one) {
  const bool somebody_waits = !state.waiters.empty() || !state.abort_waiters.empty();
  return somebody_waits && one.attempts > 0 && is_set(one.due);
}

/// Is this operation called in this status?
bool is_owed(branch_op op, txn_status status) {
  switch (op) {
    case branch_op::action:
    case branch_op::confirm:
    case branch_op::commit:
      return status == txn_status::submitted;
    case branch_op::compensate:
    case branch_op::cancel:
    case branch_op::rollback:
      return status == txn_status::aborting;
    case branch_op::try_:
    case branch_op::msg:
    case branch_op::named:
      return false;
  }
  return false;
}

std::optional<answer> refusal_of(const txn_state& state, const skip_requested& e, std::optional<std::size_t> found) {
  if (!found) {
    return answer{answer_kind::internal, "no branch " + e.branch.value + " with the operation '" + e.op + "'"};
  }
  const leg& one = state.record.progress.legs[*found];
  const txn_status status = state.record.progress.status;
  const std::string what = "branch " + e.branch.value + " " + e.op;
  if (one.status != leg_status::prepared) {
    return answer{answer_kind::failure, what + " is '" + std::string{to_string(one.status)} + "' already"};
  }
  if (!is_owed(view_leg(state.record, *found).op, status)) {
    return answer{answer_kind::failure,
                  what + " is not called while the transaction is '" + std::string{to_string(status)} + "'"};
  }
  const bool called = one.attempts > 0 || state.in_flight[*found] != 0;
  if (!called) return answer{answer_kind::failure, what + " was not called yet"};
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> find_leg(const txn_record& record, const branch_id& id, std::string_view op) {
  for (std::size_t index = 0; index < record.progress.legs.size(); ++index) {
    const leg_view view = view_leg(record, index);
    if (view.id == id && view.op_name == op) return index;
  }
  return std::nullopt;
}

bool skip_leg(transition& out, const skip_requested& e, const context& ctx) {
  if (is_final(out.next.record.progress.status)) {
    respond(out, e.reply_to,
            {answer_kind::failure,
             "the transaction has ended: " + std::string{to_string(out.next.record.progress.status)}});
    return false;
  }
  const auto found = find_leg(out.next.record, e.branch, e.op);
  if (auto refusal = refusal_of(out.next, e, found)) {
    respond(out, e.reply_to, std::move(*refusal));
    return false;
  }
  settle(out.next, *found, leg_status::succeed, ctx);
  out.must_write(urgency::now);
  respond_ok(out, e.reply_to);
  return true;
}

bool was_skipped(const txn_state& state, std::size_t leg_index) {
  return state.record.progress.legs[leg_index].status != leg_status::prepared;
}

void settle(txn_state& state, std::size_t leg_index, leg_status status, const context& ctx) {
  leg& one = state.record.progress.legs[leg_index];
  one.status = status;
  one.failures = 0;
  one.due = {};
  one.update_time = ctx.now;
  one.finish_time = ctx.now;
  state.record.progress.update_time = ctx.now;
  if (state.record.progress.stuck) state.record.progress.stuck = any_failing(state, ctx);
}

bool may_start(const txn_state& state, std::size_t leg_index, const context& ctx) {
  const leg& one = state.record.progress.legs[leg_index];
  if (waits_for_next_round(state, one)) return false;
  return one.status == leg_status::prepared && state.in_flight[leg_index] == 0 && one.due <= ctx.now;
}

bool start_leg(transition& out, std::size_t leg_index, const context& ctx) {
  if (view_leg(out.next.record, leg_index).url.empty()) {
    settle(out.next, leg_index, leg_status::succeed, ctx);
    out.must_write(urgency::soon);
    return true;
  }
  out.next.in_flight[leg_index] = 1;
  out.orders.emplace_back(call_leg{leg_index});
  return false;
}

bool land(txn_state& state, std::size_t leg_index) {
  if (leg_index >= state.in_flight.size() || state.in_flight[leg_index] == 0) return false;
  state.in_flight[leg_index] = 0;
  return true;
}

std::optional<time_point> earlier_wait(const txn_state& state, std::size_t leg_index,
                                       std::optional<time_point> soonest) {
  const leg& one = state.record.progress.legs[leg_index];
  if (one.status != leg_status::prepared || state.in_flight[leg_index] != 0 || !is_set(one.due)) return soonest;
  if (waits_for_next_round(state, one)) return soonest;
  return soonest ? std::min(*soonest, one.due) : one.due;
}

void append_branches(transition& out, const std::vector<std::shared_ptr<const registered_branch>>& branches,
                     const context& ctx) {
  for (const auto& one : branches) {
    auto stamped = std::make_shared<registered_branch>(*one);
    stamped->create_time = ctx.now;
    out.next.record.branches.push_back(std::move(stamped));
    out.next.record.progress.legs.emplace_back();
    out.next.in_flight.push_back(0);
  }
  out.next.record.progress.update_time = ctx.now;
  out.must_write(urgency::now);
}

std::optional<answer> refusal_of(const txn_state& state, const register_requested& e) {
  if (!state.exists() || state.record.progress.status != txn_status::prepared) return refuse_register(state);
  const trans_type type = state.record.definition->type;
  if (e.type != type) {
    return answer{answer_kind::error, "a branch of type '" + std::string{to_string(e.type)} +
                                          "' in a transaction of type '" + std::string{to_string(type)} + "'"};
  }
  const bool known = std::any_of(e.branches.begin(), e.branches.end(),
                                 [&](const auto& one) { return has_branch(state.record, *one); });
  if (known) return answer{answer_kind::error, "storage: UniqueKeyConflict"};
  if (state.record.branches.size() + e.branches.size() > registered_rows_max) {
    return answer{answer_kind::invalid, "at most " + std::to_string(registered_rows_max) + " rows can be registered"};
  }
  if (payload_bytes(state.record.branches) + payload_bytes(e.branches) > registered_bytes_max) {
    return answer{answer_kind::invalid,
                  "at most " + std::to_string(registered_bytes_max) + " bytes of payloads can be registered"};
  }
  return std::nullopt;
}

}  // namespace treaty
