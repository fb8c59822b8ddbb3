#include "core/saga/advance.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/legs.hpp"
#include "core/lifecycle.hpp"
#include "core/saga/legs.hpp"

namespace treaty::saga {
namespace {

/// May an abort be decided by something else than a refusal of the very action that is repeated after a crash? Then a
/// success must be durable before its followers are called: an abort decided after a crash must know of them.
bool followers_need_durable_success(const txn_definition& definition) {
  return definition.options.timeout_to_fail.count() > 0 || definition.options.retry_limit > 0 ||
         !definition.saga.orders.empty();
}

/// Whatever may have been executed is undone: fixed here, for good, before anything is compensated.
void abort_saga(transition& out, std::string reason, const context& ctx) {
  for (std::size_t step = 0; step < step_count(out.next); ++step) {
    leg& action = out.next.record.progress.legs[action_leg(step)];
    const bool perhaps_called = out.next.in_flight[action_leg(step)] != 0 || is_runnable(out.next.record, step);
    if (action.status == leg_status::prepared && perhaps_called && action.attempts == 0) action.attempts = 1;
  }
  begin_abort(out, std::move(reason), ctx);
}

void abort_when_late(transition& out, const context& ctx) {
  const txn_definition& definition = *out.next.record.definition;
  const time_point limit = deadline(definition);
  if (out.next.record.progress.status != txn_status::submitted || !is_set(limit) || ctx.now < limit) return;
  abort_saga(out, "Timeout after " + std::to_string(definition.options.timeout_to_fail.count()) + " seconds", ctx);
}

void proceed_forward(transition& out, const context& ctx) {
  if (all_actions_succeeded(out.next)) return finish(out, txn_status::succeed, ctx);
  abort_when_late(out, ctx);
  if (out.next.record.progress.status != txn_status::submitted) return;
  const std::size_t orders_before = out.orders.size();
  call_ready_actions(out, ctx);
  const bool unlocked = out.orders.size() > orders_before;
  if (unlocked && out.write == urgency::soon && followers_need_durable_success(*out.next.record.definition)) {
    out.must_write(urgency::now);
  }
}

/// The next calls, or the final status when none is left, or an answer for whoever waits when nothing is under way.
void proceed(transition& out, const context& ctx) {
  if (out.next.record.progress.status == txn_status::submitted) proceed_forward(out, ctx);
  if (out.next.record.progress.status == txn_status::aborting) call_ready_compensations(out, ctx);
  if (!any_in_flight(out.next)) answer_waiters(out);
}

void on_submit(transition& out, const submit_requested& e, const context& ctx) {
  if (!out.next.exists()) {
    if (const auto usable = check(*e.definition); !usable) {
      return respond(out, e.reply_to, {answer_kind::invalid, usable.error().detail});
    }
    create(out, e.definition, txn_status::submitted, ctx);
  } else if (out.next.record.progress.status == txn_status::prepared) {
    if (const auto usable = check_plan(step_count(out.next), e.definition->saga); !usable) {
      return respond(out, e.reply_to, {answer_kind::invalid, usable.error().detail});
    }
    adopt_submit(out, *e.definition, ctx);
  } else if (out.next.record.progress.status == txn_status::submitted) {
    hurry(out.next, ctx);  // from the stored rows: what succeeded is not called again
    out.must_write(urgency::soon);
  } else {
    return respond(out, e.reply_to, refuse_submit(out.next.record.progress.status));
  }
  wait_or_answer(out, e.definition->options, e.reply_to);
  proceed(out, ctx);
}

void on_prepare(transition& out, const prepare_requested& e, const context& ctx) {
  if (!out.next.exists()) {
    if (const auto usable = check(*e.definition); !usable) {
      return respond(out, e.reply_to, {answer_kind::invalid, usable.error().detail});
    }
    create(out, e.definition, txn_status::prepared, ctx);
  } else if (out.next.record.progress.status != txn_status::prepared) {
    return respond(out, e.reply_to, refuse_prepare(out.next.record.progress.status));
  }
  respond_ok(out, e.reply_to);
}

void on_retry_requested(transition& out, const retry_requested& e, const context& ctx) {
  hurry(out.next, ctx);
  out.must_write(urgency::now);
  respond_ok(out, e.reply_to);
  proceed(out, ctx);
}

/// An action was not refused and did not succeed: again now while the limit allows, else later, else give up. What was
/// not even called counts towards no limit.
void repeat_action(transition& out, const answered& a, const context& ctx) {
  const std::int64_t limit = out.next.record.definition->options.retry_limit;
  if (limit <= 0 || !a.was_called) return schedule_retry(out, a, ctx);
  txn_progress& progress = out.next.record.progress;
  note_attempt(out.next, progress.legs[a.leg], a.outcome, ctx);
  alert_when_due(out, a, ctx);
  if (progress.retries_used < limit) {
    progress.retries_used += 1;
    out.must_write(urgency::soon);
    return;
  }
  abort_saga(out, "RetryCount is greater than RetryLimit, RetryLimit: " + std::to_string(limit), ctx);
}

void on_action_answered(transition& out, const answered& a, const context& ctx) {
  const bool undoing = out.next.record.progress.status == txn_status::aborting;
  switch (a.outcome) {
    case call_outcome::success:
      settle(out.next, a.leg, leg_status::succeed, ctx);
      return out.must_write(urgency::soon);
    case call_outcome::failure:
      settle(out.next, a.leg, leg_status::failed, ctx);
      out.must_write(urgency::soon);
      if (undoing) return;
      return abort_saga(
          out, "url:" + std::string{view_leg(out.next.record, a.leg).url} + " return failed: " + failure_text(a.detail),
          ctx);
    case call_outcome::ongoing:
    case call_outcome::unknown:
      if (!undoing) repeat_action(out, a, ctx);  // undoing: it is compensated, not repeated
      return;
  }
}

void on_compensation_answered(transition& out, const answered& a, const context& ctx) {
  switch (a.outcome) {
    case call_outcome::success:
      settle(out.next, a.leg, leg_status::succeed, ctx);
      return out.must_write(urgency::soon);
    case call_outcome::failure:  // a compensation may not refuse: it is repeated until it succeeds
    case call_outcome::unknown:
    case call_outcome::ongoing:
      return schedule_retry(out, a, ctx);
  }
}

void on_answered(transition& out, const answered& a, const context& ctx) {
  if (!land(out.next, a.leg)) return;
  if (is_final(out.next.record.progress.status)) return;  // an operator stopped it meanwhile
  if (!was_skipped(out.next, a.leg)) {
    is_action(a.leg) ? on_action_answered(out, a, ctx) : on_compensation_answered(out, a, ctx);
  }
  proceed(out, ctx);
}

void on_skip(transition& out, const skip_requested& e, const context& ctx) {
  if (skip_leg(out, e, ctx)) proceed(out, ctx);
}

void on_abort(transition& out, const abort_requested& e) {
  const txn_record& record = out.next.record;
  respond(out, e.reply_to, refuse_abort(record.definition->type, record.progress.status));
}

struct decide {
  transition& out;
  const context& ctx;
  void operator()(const submit_requested& e) const { on_submit(out, e, ctx); }
  void operator()(const prepare_requested& e) const { on_prepare(out, e, ctx); }
  void operator()(const abort_requested& e) const { on_abort(out, e); }
  void operator()(const force_stop_requested& e) const { force_stop(out, e, ctx); }
  void operator()(const retry_requested& e) const { on_retry_requested(out, e, ctx); }
  void operator()(const skip_requested& e) const { on_skip(out, e, ctx); }
  void operator()(const answered& e) const { on_answered(out, e, ctx); }
  void operator()(const register_requested& e) const { respond(out, e.reply_to, refuse_register(out.next)); }
  void operator()(const watch_answered&) const {}
  void operator()(const timer_fired&) const { proceed(out, ctx); }
};

}  // namespace

transition advance(txn_state state, const event& e, const context& ctx) {
  transition out{std::move(state), {}, urgency::none};
  std::visit(decide{out, ctx}, e);
  return out;
}

std::optional<time_point> next_moment(const txn_state& state) {
  const txn_progress& progress = state.record.progress;
  std::optional<time_point> soonest;
  const bool acting = progress.status == txn_status::submitted;
  if (!acting && progress.status != txn_status::aborting) return soonest;
  const bool serial = acting && !state.record.definition->saga.concurrent;
  const std::size_t first = serial ? 2 * serial_steps_done(state.record) : 0;
  const std::size_t beyond = serial ? std::min(first + 2, progress.legs.size()) : progress.legs.size();
  for (std::size_t index = first; index < beyond; ++index) {
    if (is_action(index) == acting) soonest = earlier_wait(state, index, soonest);
  }
  const time_point limit = acting ? deadline(*state.record.definition) : time_point{};
  return is_set(limit) && (!soonest || limit < *soonest) ? limit : soonest;
}

}  // namespace treaty::saga
