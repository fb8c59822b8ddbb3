#include "core/msg/advance.hpp"

#include <algorithm>
#include <utility>

#include "core/legs.hpp"
#include "core/lifecycle.hpp"

namespace treaty::msg {
namespace {

/// The first action to look at. One after another, those that have succeeded are the first ones.
std::size_t first_open(const txn_record& record) {
  if (record.definition->options.concurrent) return 0;
  const auto& legs = record.progress.legs;
  const auto open =
      std::partition_point(legs.begin(), legs.end(), [](const leg& one) { return one.status == leg_status::succeed; });
  return static_cast<std::size_t>(open - legs.begin());
}

class decision {
public:
  decision(transition& out, const context& ctx) : out_{out}, ctx_{ctx} {}

  void operator()(const prepare_requested& e) {
    if (!out_.next.exists()) {
      if (!begin(e.definition, txn_status::prepared, e.reply_to)) return;
      progress().watch.due = patience_ends(out_.next, ctx_);
    } else if (status() != txn_status::prepared) {
      return respond(out_, e.reply_to, refuse_prepare(status()));
    }
    respond_ok(out_, e.reply_to);
  }

  void operator()(const submit_requested& e) {
    if (!out_.next.exists()) {
      if (!begin(e.definition, txn_status::submitted, e.reply_to)) return;
      start_delay();
    } else if (status() == txn_status::prepared) {
      adopt_submit(out_, *e.definition, ctx_);
      out_.next.watch_in_flight = false;  // whatever is said to that question now changes nothing, and delays nobody
      start_delay();
    } else if (status() == txn_status::submitted) {
      hurry(out_.next, ctx_);
      out_.must_write(urgency::soon);
    } else {
      return respond(out_, e.reply_to, refuse_submit(status()));
    }
    wait_or_answer(out_, e.definition->options, e.reply_to);
    proceed();
  }

  void operator()(const abort_requested& e) {
    if (status() != txn_status::prepared) {
      return respond(out_, e.reply_to, refuse_abort(out_.next.record.definition->type, status()));
    }
    progress().rollback_reason = cut_text(e.reason, rollback_reason_bytes_max);
    finish(out_, txn_status::failed, ctx_);
    respond_ok(out_, e.reply_to);
  }

  void operator()(const register_requested& e) { respond(out_, e.reply_to, refuse_register(out_.next)); }
  void operator()(const force_stop_requested& e) { force_stop(out_, e, ctx_); }

  void operator()(const retry_requested& e) {
    hurry(out_.next, ctx_);
    out_.must_write(urgency::now);
    respond_ok(out_, e.reply_to);
    proceed();
  }

  void operator()(const skip_requested& e) {
    if (skip_leg(out_, e, ctx_)) proceed();
  }

  void operator()(const answered& a) {
    if (!land(out_.next, a.leg) || is_final(status())) return;
    if (was_skipped(out_.next, a.leg)) return proceed();
    if (a.outcome == call_outcome::success) {
      settle(out_.next, a.leg, leg_status::succeed, ctx_);
      out_.must_write(urgency::soon);
      return proceed();
    }
    const bool patient = a.outcome == call_outcome::ongoing;
    schedule_retry(out_, a, ctx_);
    // A waiting submit hears of an ongoing action as of a message that has not succeeded; of others, what they said.
    patient ? answer_when_idle() : answer_waiters(out_, a);
  }

  void operator()(const watch_answered& a) {
    if (!std::exchange(out_.next.watch_in_flight, false) || status() != txn_status::prepared) return;
    switch (a.outcome) {
      case call_outcome::success:
        return become_submitted();
      case call_outcome::failure:
        return finish(out_, txn_status::failed, ctx_);
      case call_outcome::ongoing:
        progress().watch.interval = {};  // again after the first wait
        return schedule_watch(out_, a, ctx_);
      case call_outcome::unknown:
        return schedule_watch(out_, a, ctx_);
    }
  }

  void operator()(const timer_fired&) { proceed(); }

private:
  txn_progress& progress() { return out_.next.record.progress; }
  txn_status status() const { return out_.next.record.progress.status; }

  bool begin(const std::shared_ptr<const txn_definition>& definition, txn_status first, client_token reply_to) {
    const auto usable = check(*definition);
    if (usable) {
      create(out_, definition, first, ctx_);
    } else {
      respond(out_, reply_to, {answer_kind::invalid, usable.error().detail});
    }
    return static_cast<bool>(usable);
  }

  /// Counted from the submit, and kept in the legs: it holds after a crash too.
  void start_delay() {
    const auto delay = std::min(out_.next.record.definition->delay, longest_wait);
    if (delay.count() <= 0) return;
    for (leg& one : progress().legs) one.due = ctx_.now + delay;
    progress().next_cron_time = ctx_.now + delay;
  }

  void become_submitted() {
    progress().status = txn_status::submitted;
    progress().stuck = false;
    progress().update_time = ctx_.now;
    out_.must_write(urgency::now);
    start_delay();
    proceed();
  }

  void proceed() {
    if (!out_.next.exists()) return;
    if (status() == txn_status::prepared) return ask_when_silent();
    if (status() != txn_status::submitted) return;
    if (call_actions()) return finish(out_, txn_status::succeed, ctx_);
    answer_when_idle();
  }

  void ask_when_silent() {
    if (progress().watch.due > ctx_.now || out_.next.watch_in_flight) return;
    if (out_.next.record.definition->query_prepared.empty()) return become_submitted();
    out_.next.watch_in_flight = true;
    out_.orders.emplace_back(call_watch{});
  }

  /// True when all of them have succeeded.
  bool call_actions() {
    const bool serial = !out_.next.record.definition->options.concurrent;
    bool all = true;
    for (std::size_t index = first_open(out_.next.record); index < progress().legs.size(); ++index) {
      if (progress().legs[index].status == leg_status::succeed) continue;
      if (may_start(out_.next, index, ctx_) && start_leg(out_, index, ctx_)) continue;
      all = false;
      if (serial) break;
    }
    return all;
  }

  void answer_when_idle() {
    if (!any_in_flight(out_.next)) answer_waiters(out_);
  }

  transition& out_;
  const context& ctx_;
};

}  // namespace

transition advance(txn_state state, const event& e, const context& ctx) {
  transition out{std::move(state), {}, urgency::none};
  std::visit(decision{out, ctx}, e);
  return out;
}

std::optional<time_point> next_moment(const txn_state& state) {
  const txn_progress& progress = state.record.progress;
  if (progress.status == txn_status::prepared && !state.watch_in_flight) return progress.watch.due;
  if (progress.status != txn_status::submitted) return std::nullopt;
  std::optional<time_point> soonest;
  for (std::size_t index = first_open(state.record); index < progress.legs.size(); ++index) {
    if (progress.legs[index].status != leg_status::prepared) continue;
    soonest = earlier_wait(state, index, soonest);
    if (!state.record.definition->options.concurrent) break;  // those behind it have no turn yet
  }
  return soonest;
}

result<void> check(const txn_definition& definition) {
  const std::size_t steps = definition.steps.size();
  if (steps > steps_max) {
    return failure{errc::invalid_argument, std::to_string(steps) + " steps; at most " + std::to_string(steps_max)};
  }
  if (definition.payloads.size() < steps) {
    return failure{errc::invalid_argument, "index out of range: " + std::to_string(steps) + " steps but only " +
                                               std::to_string(definition.payloads.size()) + " payloads"};
  }
  return {};
}

}  // namespace treaty::msg
