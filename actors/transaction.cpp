#include "actors/transaction.hpp"

#include <algorithm>
#include <charconv>

#include "core/model/record_size.hpp"
#include "obs/log.hpp"

namespace treaty {
namespace {

constexpr std::chrono::seconds read_again_after_failure{1};

void set_token(event& e, client_token token) {
  std::visit(
      [token](auto& one) {
        if constexpr (requires { one.reply_to; }) one.reply_to = token;
      },
      e);
}

/// workflow.WorkflowData{1: data} in protobuf: what a workflow's gRPC call-back service reads.
std::string workflow_message(std::string_view data) {
  if (data.empty()) return {};
  std::string message{'\x0a'};
  std::size_t left = data.size();
  for (; left >= 0x80; left >>= 7) message += static_cast<char>((left & 0x7f) | 0x80);
  message += static_cast<char>(left);
  message += data;
  return message;
}

/// "03" is 3, "03-01" too: the label under which a branch is counted. 0: not a number.
std::size_t number_of(const branch_id& id) {
  std::size_t number = 0;
  std::from_chars(id.value.data(), id.value.data() + id.value.size(), number);
  return number;
}

/// Lives as long as a call whose views point into both.
std::shared_ptr<const void> keep_both(std::shared_ptr<const void> one, std::shared_ptr<const void> other) {
  return std::make_shared<std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>>(std::move(one),
                                                                                               std::move(other));
}

double seconds_between(time_point from, time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

treaty::answer unreadable(const failure& why) {
  if (why.code == errc::corrupt) return {answer_kind::internal, "the stored transaction cannot be read: " + why.detail};
  return {answer_kind::unavailable, "the store cannot be read: " + why.detail};
}

treaty::answer unwritten(const failure& why) {
  if (why.code == errc::invalid_argument) return {answer_kind::invalid, why.detail};
  return {answer_kind::unavailable, "the store is failing, the outcome of the request is unknown: " + why.detail};
}

}  // namespace

caf::behavior transaction(caf::stateful_actor<transaction_state>* self, lane* home, treaty::gid id, awakening why) {
  self->state.begin(*home, std::move(id), why);
  return {
      [self](envelope& in) { self->state.accept(std::move(in)); },
      [self](const call_ended& c) { self->state.heard(c); },
      [self](const written& w) { self->state.released(w); },
      [self](loaded& from) { self->state.restored(from); },
      [self](woken) { self->state.woke(); },
      [self](rest_now) { self->state.settle_down(); },
  };
}

void transaction_state::wake_up::fire() {
  caf::anon_send(caf::actor{owner_.self_}, woken{});
}

void transaction_state::begin(lane& home, treaty::gid id, awakening why) {
  home_ = &home;
  id_ = std::move(id);
  if (why == awakening::by_creation) {
    machine_.emplace(id_, home.around().kept.next_row(), home.policy(), home.options().progress_delay_max);
  } else {
    reload();
  }
}

void transaction_state::forget() {
  machine_.reset();
  readings_ += 1;
}

void transaction_state::reload() {
  forget();
  reading_ = true;
  home_->load(id_, caf::actor{self_});
}

void transaction_state::accept(envelope&& in) {
  accepted_ += 1;
  last_heard_ = now();
  if (machine_) return offer(std::move(in));
  unheard_.push_back(std::move(in));
  if (!reading_ && !timer_.is_armed()) reload();  // what could not be read a moment ago, and nobody has let go of
}

void transaction_state::offer(envelope&& in) {
  event what = in.what;
  if (in.to != nullptr) {
    last_token_ += 1;
    set_token(what, last_token_);
    clients_.push_back({last_token_, std::move(in)});
  }
  step(what);
}

/// An answer to a call of an earlier reading is not taken: the call is made again, and that one's answer is awaited.
void transaction_state::heard(const call_ended& c) {
  if (c.reading != readings_) return;
  step(c.as);
  if (const auto* const of_leg = std::get_if<answered>(&c.as)) {
    note_jitter(machine_->record().progress.legs[of_leg->leg]);
  } else {
    note_jitter(machine_->record().progress.watch);
  }
}

void transaction_state::note_jitter(const leg& tried) {
  const time_point moment = tried.update_time + tried.interval;
  if (tried.status != leg_status::prepared || tried.due < moment || tried.attempts == 0) return;
  home_->metrics().jitter_seconds->Observe(seconds_between(moment, tried.due));
}

void transaction_state::step(const event& e) {
  carry_out(machine_->offer(e, now()));
}

void transaction_state::carry_out(output&& out) {
  if (out.write) home_->commit(std::move(*out.write), caf::actor{self_});
  for (effect& one : out.now) perform(one);
  settle_down();
}

void transaction_state::perform(effect& one) {
  if (const auto* ordered = std::get_if<call_leg>(&one)) {
    call(ordered->leg);
  } else if (std::holds_alternative<call_watch>(one)) {
    call_application();
  } else if (auto* const alert = std::get_if<raise_alert>(&one)) {
    raise(*alert);
  } else {
    answer(std::get<reply>(one));
  }
}

/// What every call of this transaction has in common.
branch_call transaction_state::prepare_call() const {
  const txn_definition& definition = *machine_->record().definition;
  branch_call what;
  what.keep = machine_->record().definition;
  what.protocol = definition.protocol;
  what.type = definition.type;
  what.gid = definition.gid.value;
  what.headers = &definition.options.branch_headers;
  const std::chrono::milliseconds own = std::min(definition.options.request_timeout, longest_wait);
  what.timeout = own.count() > 0 ? own : home_->options().request_timeout;
  return what;
}

void transaction_state::call(std::size_t leg_index) {
  const txn_record& record = machine_->record();
  const leg_view view = view_leg(record, leg_index);
  branch_call what = prepare_call();
  if (!record.branches.empty()) what.keep = keep_both(record.definition, record.branches[leg_index]);
  what.id = view.id;
  what.op = view.op_name;
  what.url = view.url;
  what.payload = view.payload;
  if (view.request_timeout.count() > 0) what.timeout = std::min(view.request_timeout, longest_wait);
  make_call(std::move(what), view.op, number_of(view.id), [leg_index](branch_reply&& said, duration took) -> event {
    return answered{leg_index, said.outcome, std::move(said.detail), took, said.was_called};
  });
}

void transaction_state::raise(raise_alert& what) {
  alert_notice notice;
  notice.gid = id_;
  notice.status = machine_->record().progress.status;
  notice.branch_url = view_leg(machine_->record(), what.leg).url;
  notice.error = std::move(what.error);
  notice.retry_count = what.failures;
  home_->around().tells.alert(std::move(notice));
}

/// msg: has the sender's own transaction been committed? workflow: go on. Both at query_prepared.
void transaction_state::call_application() {
  const txn_definition& definition = *machine_->record().definition;
  const bool is_workflow = definition.type == trans_type::workflow;
  branch_call what = prepare_call();
  what.id = branch_id{"00"};
  what.op = is_workflow ? std::string_view{definition.workflow.name} : to_string(branch_op::msg);
  what.url = definition.query_prepared;
  if (is_workflow && route_of(what.protocol, what.url) == branch_route::grpc) {
    const auto message = std::make_shared<std::string>(workflow_message(definition.workflow.data));
    what.payload = *message;
    what.keep = keep_both(machine_->record().definition, message);
  } else if (is_workflow) {
    what.payload = definition.workflow.data;
  }
  make_call(std::move(what), is_workflow ? branch_op::named : branch_op::msg, 0,
            [](branch_reply&& said, duration took) -> event {
              return watch_answered{said.outcome, std::move(said.detail), took};
            });
}

template <class ToEvent>
void transaction_state::make_call(branch_call what, branch_op op, std::size_t step, ToEvent to_event) {
  // Weak: whoever is not in the shard any more needs no answer, and a call may outlive the actors.
  home_->calls().call(std::move(what), [home = home_, self = self_->address(), type = what.type, op, step,
                                        reading = readings_, began = now(), to_event](branch_reply said) {
    const time_point ended = now();
    home->metrics().branch_answered(type, op, step, said.outcome, seconds_between(began, ended));
    if (said.outcome == call_outcome::unknown) home->metrics().retry_scheduled();
    const auto waiting = caf::actor_cast<caf::actor>(self);
    if (waiting) caf::anon_send(waiting, call_ended{to_event(std::move(said), ended - began), reading});
  });
}

void transaction_state::answer(const reply& what) {
  const auto found =
      std::find_if(clients_.begin(), clients_.end(), [&](const client& one) { return one.token == what.to; });
  if (found == clients_.end()) return;
  const auto to = std::move(found->asked.to);
  clients_.erase(found);
  if (what.what.kind == answer_kind::invalid) home_->metrics().refused(what.what.kind);
  to->answer(what.what);
}

void transaction_state::answer_all(const treaty::answer& what) {
  for (client& one : std::exchange(clients_, {})) one.asked.to->answer(what);
}

void transaction_state::released(const written& w) {
  if (!machine_) return;  // of an earlier reading
  if (!w.outcome) return read_again_after(w.outcome.error());
  output out = machine_->durable(w.revision, now());
  if (!submission_noted_ && machine_->record().progress.status != txn_status::prepared) {
    submission_noted_ = true;
    home_->metrics().submitted(machine_->record().definition->type);
  }
  note_end();
  note_stuck();
  carry_out(std::move(out));
}

/// The guard did not hold (the gid exists), or nobody knows what is stored now: what is read decides.
void transaction_state::read_again_after(const failure& why) {
  if (why.code == errc::conflict) {  // no fault of the store's
    for (client& one : std::exchange(clients_, {})) unheard_.push_back(std::move(one.asked));
    return reload();
  }
  home_->metrics().commit_failures->Increment();
  answer_all(unwritten(why));
  forget();
  if (why.code == errc::invalid_argument) return retire_until(std::nullopt);
  home_->arm(timer_, now() + read_again_after_failure);
}

/// It cannot go on, and no retry mends it: its operators have to know which one it is.
void transaction_state::note_corruption(const failure& why) {
  home_->metrics().corrupt_records->Increment();
  log_error("the record of a transaction cannot be read: it stands still", {{"gid", id_.value}, {"why", why.detail}});
}

void transaction_state::restored(loaded& from) {
  reading_ = false;
  if (!from.record && from.record.error().code != errc::not_found) {
    const bool is_corrupt = from.record.error().code == errc::corrupt;
    if (is_corrupt) note_corruption(from.record.error());
    for (envelope& one : std::exchange(unheard_, {})) {
      if (one.to != nullptr) one.to->answer(unreadable(from.record.error()));
    }
    if (is_corrupt) return retire_until(std::nullopt);
    return home_->arm(timer_, now() + read_again_after_failure);
  }
  const std::chrono::milliseconds delay = home_->options().progress_delay_max;
  weigh(from.record ? size_of(*from.record) : 0);
  if (from.record) {
    end_noted_ = is_final(from.record->progress.status);
    submission_noted_ = from.record->progress.status != txn_status::prepared;
    const bool stuck = from.record->progress.stuck;
    machine_.emplace(std::move(*from.record), home_->policy(), delay);
    stuck_noted_ ? note_stuck() : void(stuck_noted_ = stuck);  // whoever parked it, or the recovery, has counted it
    step(timer_fired{});
  } else {
    machine_.emplace(id_, home_->around().kept.next_row(), home_->policy(), delay);
  }
  while (machine_ && !unheard_.empty()) {
    envelope next = std::move(unheard_.front());
    unheard_.pop_front();
    offer(std::move(next));
  }
  settle_down();
}

/// What it brings into memory was not counted when it was let in.
void transaction_state::weigh(std::size_t bytes) {
  caf::anon_send(home_->shard(), weighed{self_->id(), id_, bytes});
}

void transaction_state::woke() {
  if (machine_) return step(timer_fired{});
  if (reading_) return;
  if (!home_->around().store_failing) return reload();
  home_->arm(timer_, now() + read_again_after_failure);  // nothing is called that could not be written down
  for (envelope& one : std::exchange(unheard_, {})) {
    if (one.to != nullptr) one.to->answer({answer_kind::unavailable, "the store is failing"});
  }
}

void transaction_state::note_end() {
  const txn_record& record = machine_->record();
  if (end_noted_ || !machine_->finished()) return;
  end_noted_ = true;
  home_->metrics().finished(record.definition->type, record.progress.status,
                            seconds_between(record.definition->create_time, now()));
  home_->ends().ended(record);
  if (home_->options().tell_every_end || !record.definition->options.notify_url.empty()) tell_end();
}

void transaction_state::tell_end() {
  const txn_record& record = machine_->record();
  const bool succeeded = record.progress.status == txn_status::succeed;
  end_notice notice;
  notice.gid = id_;
  notice.type = record.definition->type;
  notice.status = record.progress.status;
  notice.rollback_reason = record.progress.rollback_reason;
  notice.result = record.progress.result;
  notice.create_time = record.definition->create_time;
  notice.end_time = succeeded ? record.progress.finish_time : record.progress.rollback_time;
  notice.url = record.definition->options.notify_url;
  home_->around().tells.ended(std::move(notice));
}

void transaction_state::note_stuck() {
  const bool is_stuck = machine_->record().progress.stuck;
  if (is_stuck == stuck_noted_.value_or(false)) return;
  stuck_noted_ = is_stuck;
  is_stuck ? home_->metrics().stuck->Increment() : home_->metrics().stuck->Decrement();
}

/// After each step: stay for what comes soon, leave memory when nothing does.
void transaction_state::settle_down() {
  if (!unheard_.empty()) return;
  if (!machine_ || !machine_->may_park()) {
    if (machine_ && !machine_->write_under_way()) {
      if (const auto next = machine_->next_moment()) home_->arm(timer_, *next);
    }
    return;
  }
  if (!machine_->state().exists() || machine_->finished()) return retire_until(std::nullopt);
  const auto next = machine_->next_moment();
  if (home_->around().draining) return retire_until(next.value_or(far_future));  // who waits for it need not wait
  const time_point moment = now();
  const time_point idle_until = moment + home_->options().idle_after;
  if (next && *next < idle_until) return home_->arm(timer_, *next);
  // A prepared one is not read back for each word of its client, who is expected to speak soon again.
  const time_point heard_until = last_heard_ + home_->options().idle_after;
  const bool is_prepared = machine_->record().progress.status == txn_status::prepared;
  if (is_prepared && heard_until > moment) return home_->arm(timer_, heard_until);
  retire_until(next.value_or(far_future));
}

void transaction_state::retire_until(std::optional<time_point> due) {
  retire what;
  what.who = self_->id();
  what.gid = id_;
  what.accepted = accepted_;
  what.due = due;
  if (machine_ && machine_->state().exists()) {
    what.create_time = machine_->record().definition->create_time;
    what.finished = machine_->finished();
  } else {
    what.finished = true;  // there is no such transaction, or none that can be worked on
  }
  caf::anon_send(home_->shard(), std::move(what));
}

}  // namespace treaty
