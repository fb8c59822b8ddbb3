#include "core/lifecycle.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "core/base/assert.hpp"

namespace treaty {
namespace {

constexpr std::string_view failure_word = " FAILURE";

std::string status_refusal(txn_status stored, std::string_view verb) {
  return "current status '" + std::string{to_string(stored)} + "', cannot " + std::string{verb} + ". FAILURE";
}

/// What a waiting request hears: 200 only for succeed, as the protocol has it; a 409 is no proof of a rollback.
answer outcome_so_far(const txn_progress& progress) {
  if (progress.status == txn_status::succeed) return {};
  if (!progress.rollback_reason.empty()) return {answer_kind::failure, failure_text(progress.rollback_reason)};
  return {answer_kind::failure, "wait result not return success: FAILURE"};
}

/// The protocol's words for an answer after which the call is repeated.
std::string repeated_text(const answered& because) {
  const bool refused = because.outcome == call_outcome::failure;
  return "your http/grpc result should be specified as in:\nhttp://d.dtm.pub/practice/arch.html#proto\n"
         "unkown result will be retried: " +
         (refused ? failure_text(because.detail) : because.detail);
}

/// What a waiting request hears when its round ends without a definite answer.
answer round_ended(const answered& because) {
  switch (because.outcome) {
    case call_outcome::success:
      return {};
    case call_outcome::failure:
      return {answer_kind::failure, repeated_text(because)};
    case call_outcome::ongoing:
      return {answer_kind::ongoing, "ONGOING"};
    case call_outcome::unknown:
      return {answer_kind::error, repeated_text(because)};
  }
  return {};
}

void count_up(std::uint32_t& number) {
  number += number < UINT32_MAX ? 1 : 0;
}

/// Tells the question at query_prepared from the legs.
constexpr std::size_t watch_number = std::numeric_limits<std::size_t>::max();

/// `number`: which leg it is.
void note_wait(transition& out, leg& waiting, std::size_t number, call_outcome outcome, std::string_view detail,
               const context& ctx) {
  txn_progress& progress = out.next.record.progress;
  const retry_policy policy = policy_for(out.next.record.definition->options, ctx.policy.retry);
  const growth how = outcome == call_outcome::ongoing ? growth::constant : growth::growing;
  note_attempt(out.next, waiting, outcome, ctx);
  waiting.interval = next_wait(how, waiting.interval, policy);
  waiting.due =
      ctx.now + waiting.interval + jitter_of(out.next.gid, number, waiting.attempts, waiting.interval, policy);
  waiting.update_time = ctx.now;
  progress.update_time = ctx.now;
  progress.next_cron_interval = waiting.interval;
  progress.next_cron_time = waiting.due;
  progress.last_error = cut_text(detail, last_error_bytes_max);
  out.must_write(urgency::soon);
}

bool is_failing(const leg& one, const context& ctx) {
  return ctx.policy.stuck_after > 0 && one.status == leg_status::prepared && one.failures >= ctx.policy.stuck_after;
}

/// A saga keeps the limit with which it began: what had to be durable before the next call hangs on it, and another
/// one after a restart would take back what was executed without knowing all of it.
txn_options with_limit(txn_options given, trans_type type, const context& ctx) {
  if (type == trans_type::saga && given.retry_limit <= 0) given.retry_limit = ctx.policy.retry_limit;
  return given;
}

/// Clients mostly repeat with submit what they prepared; then nothing of it is written again.
bool says_more(const txn_definition& submitted, const txn_options& options, const txn_definition& kept) {
  return options != kept.options || submitted.protocol != kept.protocol || submitted.custom_data != kept.custom_data ||
         submitted.saga != kept.saga || submitted.delay != kept.delay ||
         (!submitted.query_prepared.empty() && submitted.query_prepared != kept.query_prepared);
}

}  // namespace

void create(transition& out, std::shared_ptr<const txn_definition> definition, txn_status status, const context& ctx) {
  TREATY_ASSERT(!out.next.exists());
  auto own = std::make_shared<txn_definition>(*definition);
  own->create_time = ctx.now;
  own->options = with_limit(std::move(own->options), own->type, ctx);
  txn_progress& progress = out.next.record.progress;
  progress.status = status;
  progress.update_time = ctx.now;
  progress.retries_used = own->options.retry_count;
  progress.next_cron_interval = policy_for(own->options, ctx.policy.retry).first;
  progress.next_cron_time = ctx.now + progress.next_cron_interval;
  progress.legs.resize(initial_leg_count(*own));
  out.next.in_flight.assign(progress.legs.size(), 0);
  out.next.record.definition = std::move(own);
  out.must_write(urgency::now);
}

void adopt_submit(transition& out, const txn_definition& submitted, const context& ctx) {
  const txn_definition& kept = *out.next.record.definition;
  txn_options options = with_limit(submitted.options, kept.type, ctx);
  if (says_more(submitted, options, kept)) {
    auto merged = std::make_shared<txn_definition>(kept);
    merged->options = std::move(options);
    merged->protocol = submitted.protocol;
    merged->custom_data = submitted.custom_data;
    merged->saga = submitted.saga;
    merged->delay = submitted.delay;
    if (!submitted.query_prepared.empty()) merged->query_prepared = submitted.query_prepared;
    out.next.record.definition = std::move(merged);
  }
  txn_progress& progress = out.next.record.progress;
  progress.status = txn_status::submitted;
  progress.update_time = ctx.now;
  progress.retries_used = out.next.record.definition->options.retry_count;
  progress.stuck = false;
  out.must_write(urgency::now);
}

void finish(transition& out, txn_status final_status, const context& ctx) {
  txn_progress& progress = out.next.record.progress;
  TREATY_ASSERT(!is_final(progress.status) && is_final(final_status));
  progress.status = final_status;
  progress.update_time = ctx.now;
  (final_status == txn_status::succeed ? progress.finish_time : progress.rollback_time) = ctx.now;
  progress.watch.due = {};
  progress.stuck = false;
  out.must_write(urgency::now);
  answer_waiters(out);
  for (const client_token waiter : std::exchange(out.next.abort_waiters, {})) respond_ok(out, waiter);
}

void begin_abort(transition& out, std::string reason, const context& ctx) {
  txn_progress& progress = out.next.record.progress;
  progress.status = txn_status::aborting;
  progress.update_time = ctx.now;
  progress.rollback_reason = cut_text(reason, rollback_reason_bytes_max);
  progress.stuck = false;
  for (leg& one : progress.legs) one.failures = 0;  // those calls are not owed any more
  out.must_write(urgency::now);
}

void force_stop(transition& out, const force_stop_requested& e, const context& ctx) {
  if (!out.next.exists()) return respond(out, e.reply_to, no_such_transaction(out.next.gid));
  const txn_status stored = out.next.record.progress.status;
  if (is_final(stored)) {
    return respond(out, e.reply_to,
                   {answer_kind::failure, "global transaction force stop error. status: " +
                                              std::string{to_string(stored)} + ". error: FAILURE"});
  }
  finish(out, txn_status::failed, ctx);
  respond_ok(out, e.reply_to);
}

void respond(transition& out, client_token to, answer what) {
  if (to != 0) out.orders.emplace_back(reply{to, std::move(what)});
}

void respond_ok(transition& out, client_token to) {
  respond(out, to, {});
}

answer refuse_prepare(txn_status stored) {
  return {answer_kind::failure, status_refusal(stored, "prepare")};
}

answer refuse_submit(txn_status stored) {
  return {answer_kind::failure, status_refusal(stored, "sumbmit")};
}

answer refuse_abort(trans_type stored_type, txn_status stored) {
  return {answer_kind::failure,
          "trans type: '" + std::string{to_string(stored_type)} + "' " + status_refusal(stored, "abort")};
}

answer refuse_register(const txn_state& state) {
  return {answer_kind::failure, "no trans with gid: " + state.gid.value + " status: prepared found FAILURE"};
}

answer no_such_transaction(const gid& id) {
  return {answer_kind::internal, "no TransGlobal with gid: " + id.value + " found"};
}

time_point patience_ends(const txn_state& state, const context& ctx) {
  const txn_definition& definition = *state.record.definition;
  const auto own = definition.options.timeout_to_fail;
  return definition.create_time + std::min(own.count() > 0 ? own : ctx.policy.timeout_to_fail, longest_wait);
}

void answer_waiters(transition& out) {
  if (out.next.waiters.empty()) return;
  out.must_write(urgency::now);  // whoever asks next must be told the same, also after a crash
  for (const client_token waiter : std::exchange(out.next.waiters, {})) {
    respond(out, waiter, outcome_so_far(out.next.record.progress));
  }
}

void answer_waiters(transition& out, const answered& because) {
  if (out.next.waiters.empty() && out.next.abort_waiters.empty()) return;
  out.must_write(urgency::now);
  for (const client_token waiter : std::exchange(out.next.waiters, {})) respond(out, waiter, round_ended(because));
  for (const client_token waiter : std::exchange(out.next.abort_waiters, {}))
    respond(out, waiter, round_ended(because));
}

void wait_or_answer(transition& out, const txn_options& asked, client_token reply_to) {
  if (reply_to == 0) return;
  if (asked.wait_result) {
    out.next.waiters.push_back(reply_to);
  } else {
    respond_ok(out, reply_to);
  }
}

void schedule_retry(transition& out, const answered& a, const context& ctx) {
  leg& waiting = out.next.record.progress.legs[a.leg];
  note_wait(out, waiting, a.leg, a.outcome, a.detail, ctx);
  alert_when_due(out, a, ctx);
}

void note_attempt(txn_state& state, leg& tried, call_outcome outcome, const context& ctx) {
  count_up(tried.attempts);
  const bool failed = outcome == call_outcome::failure || outcome == call_outcome::unknown;
  failed ? count_up(tried.failures) : void(tried.failures = 0);
  state.record.progress.stuck = is_failing(tried, ctx) || (state.record.progress.stuck && any_failing(state, ctx));
}

bool any_failing(const txn_state& state, const context& ctx) {
  const txn_progress& progress = state.record.progress;
  if (progress.status == txn_status::prepared) return is_failing(progress.watch, ctx);
  return std::any_of(progress.legs.begin(), progress.legs.end(), [&](const leg& one) { return is_failing(one, ctx); });
}

void alert_when_due(transition& out, const answered& a, const context& ctx) {
  const std::uint32_t failures = out.next.record.progress.legs[a.leg].failures;
  const std::uint32_t limit = ctx.policy.alert_after;
  if (limit == 0 || failures < limit) return;
  out.orders.emplace_back(raise_alert{a.leg, failures, repeated_text(a)});
}

void hurry(txn_state& state, const context& ctx) {
  txn_progress& progress = state.record.progress;
  for (leg& one : progress.legs) {
    if (one.status == leg_status::prepared && one.attempts > 0) one.due = time_point{};
  }
  if (progress.status == txn_status::prepared && progress.watch.attempts > 0) progress.watch.due = ctx.now;
  progress.update_time = ctx.now;
  progress.next_cron_time = ctx.now;
}

void schedule_watch(transition& out, const watch_answered& a, const context& ctx) {
  const bool heard = a.outcome == call_outcome::success;
  note_wait(out, out.next.record.progress.watch, watch_number, a.outcome,
            heard ? std::string_view{} : std::string_view{a.detail}, ctx);
}

bool any_in_flight(const txn_state& state) {
  if (state.watch_in_flight) return true;
  return !state.in_flight.empty() && std::memchr(state.in_flight.data(), 1, state.in_flight.size()) != nullptr;
}

std::string failure_text(std::string_view detail) {
  if (detail.ends_with(failure_word)) detail.remove_suffix(failure_word.size());
  return std::string{detail} + std::string{failure_word};
}

std::string_view cut_text(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // inside a character: step back
  return text.substr(0, end);
}

}  // namespace treaty
