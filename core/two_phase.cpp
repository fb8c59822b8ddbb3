#include "core/two_phase.hpp"

#include <utility>

#include "core/legs.hpp"
#include "core/lifecycle.hpp"

namespace treaty::two_phase {
namespace {

class decision {
public:
  decision(const rules& how, transition& out, const context& ctx) : how_{how}, out_{out}, ctx_{ctx} {}

  void operator()(const prepare_requested& e) {
    if (!out_.next.exists()) {
      begin(e.definition, txn_status::prepared);
    } else if (status() != txn_status::prepared) {
      return respond(out_, e.reply_to, refuse_prepare(status()));
    }
    respond_ok(out_, e.reply_to);
  }

  void operator()(const submit_requested& e) {
    if (!out_.next.exists()) {
      begin(e.definition, txn_status::submitted);
    } else if (status() == txn_status::prepared) {
      adopt_submit(out_, *e.definition, ctx_);
    } else if (status() == txn_status::submitted) {
      hurry(out_.next, ctx_);  // the stored branches: a second submit must not skip a confirm
      out_.must_write(urgency::soon);
    } else {
      return respond(out_, e.reply_to, refuse_submit(status()));
    }
    wait_or_answer(out_, e.definition->options, e.reply_to);
    proceed();
  }

  void operator()(const register_requested& e) {
    if (auto refusal = refusal_of(out_.next, e)) return respond(out_, e.reply_to, std::move(*refusal));
    append_branches(out_, e.branches, ctx_);
    respond_ok(out_, e.reply_to);
  }

  void operator()(const abort_requested& e) {
    const bool may_abort = e.type == trans_type::tcc || e.type == trans_type::xa;
    if (!may_abort || (status() != txn_status::prepared && status() != txn_status::aborting)) {
      return respond(out_, e.reply_to, refuse_abort(out_.next.record.definition->type, status()));
    }
    if (status() == txn_status::prepared) {
      begin_abort(out_, e.reason, ctx_);
    } else {
      hurry(out_.next, ctx_);
      std::string& reason = out_.next.record.progress.rollback_reason;
      if (reason.empty()) reason = cut_text(e.reason, rollback_reason_bytes_max);
      out_.must_write(urgency::soon);
    }
    if (e.reply_to != 0 && out_.next.record.definition->options.wait_result) {
      out_.next.abort_waiters.push_back(e.reply_to);
    } else {
      respond_ok(out_, e.reply_to);
    }
    proceed();
  }

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
    schedule_retry(out_, a, ctx_);
    answer_waiters(out_, a);
  }

  void operator()(const watch_answered&) {}
  void operator()(const timer_fired&) { proceed(); }

private:
  txn_status status() const { return out_.next.record.progress.status; }

  void begin(std::shared_ptr<const txn_definition> definition, txn_status first) {
    create(out_, std::move(definition), first, ctx_);
    if (first == txn_status::prepared) out_.next.record.progress.watch.due = patience_ends(out_.next, ctx_);
  }

  void proceed() {
    if (!out_.next.exists()) return;
    const time_point limit = out_.next.record.progress.watch.due;
    if (status() == txn_status::prepared && is_set(limit) && limit <= ctx_.now) {
      const auto seconds = out_.next.record.definition->options.timeout_to_fail.count();
      begin_abort(out_, "Timeout after " + std::to_string(seconds) + " seconds", ctx_);
    }
    if (status() == txn_status::submitted && walk(how_.forward)) finish(out_, txn_status::succeed, ctx_);
    if (status() == txn_status::aborting && walk(how_.backward)) finish(out_, txn_status::failed, ctx_);
  }

  /// Calls the next branch's `op`; true when all of them have succeeded.
  bool walk(branch_op op) {
    const std::size_t count = out_.next.record.branches.size();
    for (std::size_t at = 0; at < count; ++at) {
      const std::size_t index = how_.last_registered_first ? count - 1 - at : at;
      if (out_.next.record.branches[index]->op != op) continue;
      if (out_.next.record.progress.legs[index].status == leg_status::succeed) continue;
      if (!may_start(out_.next, index, ctx_)) return false;
      if (!start_leg(out_, index, ctx_)) return false;
    }
    return true;
  }

  const rules& how_;
  transition& out_;
  const context& ctx_;
};

}  // namespace

transition advance(const rules& how, txn_state state, const event& e, const context& ctx) {
  transition out{std::move(state), {}, urgency::none};
  std::visit(decision{how, out, ctx}, e);
  return out;
}

std::optional<time_point> next_moment(const txn_state& state) {
  const txn_progress& progress = state.record.progress;
  if (is_final(progress.status)) return std::nullopt;
  if (progress.status == txn_status::prepared) {
    return is_set(progress.watch.due) ? std::optional{progress.watch.due} : std::nullopt;
  }
  std::optional<time_point> soonest;
  for (std::size_t index = 0; index < progress.legs.size(); ++index) {
    soonest = earlier_wait(state, index, soonest);
  }
  return soonest;
}

}  // namespace treaty::two_phase
