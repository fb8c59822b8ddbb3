#include "core/workflow/advance.hpp"

#include <utility>

#include "core/legs.hpp"
#include "core/lifecycle.hpp"

namespace treaty::workflow {
namespace {

class decision {
public:
  decision(transition& out, const context& ctx) : out_{out}, ctx_{ctx} {}

  /// Beginning again is how an application resumes: never refused, whatever the status.
  void operator()(const prepare_requested& e) {
    if (!out_.next.exists()) {
      create(out_, e.definition, txn_status::prepared, ctx_);
      if (!e.definition->query_prepared.empty()) progress().watch.due = progress().next_cron_time;
    }
    respond_ok(out_, e.reply_to);
  }

  void operator()(const submit_requested& e) {
    if (!e.end || !is_final(e.end->status)) {
      return respond(out_, e.reply_to, {answer_kind::invalid, "req_extra.status must be succeed or failed"});
    }
    if (!out_.next.exists() || status() != txn_status::prepared) {
      return respond(out_, e.reply_to, {answer_kind::internal, "storage: NotFound"});
    }
    progress().rollback_reason = cut_text(e.end->rollback_reason, rollback_reason_bytes_max);
    progress().result = e.end->result;
    finish(out_, e.end->status, ctx_);
    respond_ok(out_, e.reply_to);
  }

  void operator()(const register_requested& e) {
    if (auto refusal = refusal_of(out_.next, e)) return respond(out_, e.reply_to, std::move(*refusal));
    append_branches(out_, e.branches, ctx_);
    for (std::size_t at = progress().legs.size() - e.branches.size(); at < progress().legs.size(); ++at) {
      if (e.status != leg_status::prepared) settle(out_.next, at, e.status, ctx_);
    }
    respond_ok(out_, e.reply_to);
  }

  void operator()(const abort_requested& e) {
    respond(out_, e.reply_to, refuse_abort(out_.next.record.definition->type, status()));
  }
  void operator()(const force_stop_requested& e) { force_stop(out_, e, ctx_); }

  void operator()(const retry_requested& e) {
    hurry(out_.next, ctx_);
    if (is_set(progress().watch.due)) progress().watch.due = ctx_.now;
    out_.must_write(urgency::now);
    respond_ok(out_, e.reply_to);
    call_back_when_due();
  }

  /// Its branches are called by the application, not by us.
  void operator()(const skip_requested& e) { skip_leg(out_, e, ctx_); }

  void operator()(const watch_answered& a) {
    if (!std::exchange(out_.next.watch_in_flight, false) || status() != txn_status::prepared) return;
    // A success says that the call-back was heard; only the application's submit ends the workflow.
    schedule_watch(out_, a, ctx_);
  }

  void operator()(const answered&) {}
  void operator()(const timer_fired&) { call_back_when_due(); }

private:
  txn_progress& progress() { return out_.next.record.progress; }
  txn_status status() const { return out_.next.record.progress.status; }

  void call_back_when_due() {
    if (!out_.next.exists() || status() != txn_status::prepared || out_.next.watch_in_flight) return;
    if (!is_set(progress().watch.due) || progress().watch.due > ctx_.now) return;
    out_.next.watch_in_flight = true;
    out_.orders.emplace_back(call_watch{});
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
  if (progress.status != txn_status::prepared || state.watch_in_flight) return std::nullopt;
  return is_set(progress.watch.due) ? std::optional{progress.watch.due} : std::nullopt;
}

}  // namespace treaty::workflow
