#include "tests/kit/mode_kit.hpp"

#include <algorithm>
#include <utility>

#include "core/base/assert.hpp"

namespace treaty::kit {
namespace {

std::vector<branch_op> ops_of(trans_type type) {
  switch (type) {
    case trans_type::tcc:
      return {branch_op::cancel, branch_op::confirm};
    case trans_type::xa:
      return {branch_op::rollback, branch_op::commit};
    case trans_type::workflow:
      return {branch_op::named};
    case trans_type::saga:
    case trans_type::msg:
      break;
  }
  return {branch_op::action};  // nothing that can be registered
}

}  // namespace

std::shared_ptr<const txn_definition> define(const mode_spec& spec) {
  auto made = std::make_shared<txn_definition>();
  made->gid = treaty::gid{spec.gid};
  made->type = spec.type;
  for (const std::string& text : spec.steps) {
    made->steps.push_back({text == "-" ? "" : "http://bank/" + text, ""});
    made->payloads.push_back("{\"step\":\"" + text + "\"}");
  }
  made->query_prepared = spec.query_prepared;
  made->delay = spec.delay;
  made->options = spec.options;
  if (spec.type == trans_type::workflow) made->workflow = {"transfer", "{\"amount\":30}"};
  return made;
}

register_requested registration(trans_type type, const branch_spec& spec, client_token reply_to) {
  register_requested made{type, {}, leg_status::prepared, reply_to};
  const bool is_workflow = type == trans_type::workflow;
  if (is_workflow) made.status = spec.status;
  for (const branch_op op : ops_of(type)) {
    auto row = std::make_shared<registered_branch>();
    row->id = branch_id{spec.id};
    row->op = op;
    if (is_workflow) row->op_name = spec.op_name;
    const bool has_url = !is_workflow && std::count(spec.without.begin(), spec.without.end(), op) == 0;
    if (has_url) row->url = "http://bank/" + spec.id + '-' + std::string{to_string(op)};
    if (type != trans_type::xa) row->payload = "{\"amount\":30}";
    made.branches.push_back(std::move(row));
  }
  return made;
}

std::string leg_name(const txn_record& record, std::size_t leg_index) {
  const leg_view leg = view_leg(record, leg_index);
  return leg.id.value + ' ' + std::string{leg.op_name};
}

std::size_t leg_named(const txn_record& record, std::string_view name) {
  for (std::size_t index = 0; index < record.progress.legs.size(); ++index) {
    if (leg_name(record, index) == name) return index;
  }
  TREATY_ASSERT(false);
}

mode_machine::mode_machine(mode_spec spec, server_policy policy) : spec_{std::move(spec)}, policy_{policy} {
  state_.gid = treaty::gid{spec_.gid};
}

void mode_machine::offer(const event& e) {
  transition out = advance(std::move(state_), e, context{now_, policy_});
  state_ = std::move(out.next);
  last_write_ = out.write;
  for (effect& one : out.orders) {
    if (const auto* made = std::get_if<call_leg>(&one)) {
      calls_.push_back(leg_name(state_.record, made->leg));
    } else if (std::holds_alternative<call_watch>(one)) {
      calls_.emplace_back("ask");
    } else if (auto* alert = std::get_if<raise_alert>(&one)) {
      alerts_.push_back(std::move(*alert));
    } else {
      replies_.push_back(std::move(std::get<reply>(one)));
    }
  }
}

void mode_machine::prepare(client_token reply_to) {
  offer(prepare_requested{define(spec_), reply_to});
}

void mode_machine::submit(client_token reply_to) {
  offer(submit_requested{define(spec_), reply_to});
}

void mode_machine::register_branch(const branch_spec& spec, client_token reply_to) {
  offer(registration(spec_.type, spec, reply_to));
}

void mode_machine::abort(client_token reply_to, std::string reason, std::optional<trans_type> type) {
  offer(abort_requested{type.value_or(spec_.type), std::move(reason), reply_to});
}

void mode_machine::end(txn_status status, client_token reply_to, std::string reason, std::string result) {
  offer(submit_requested{define(spec_), reply_to, workflow_end{status, std::move(reason), std::move(result)}});
}

void mode_machine::answer(std::string_view name, call_outcome outcome, std::string detail) {
  offer(answered{leg_named(state_.record, name), outcome, std::move(detail)});
}

void mode_machine::pass_and_fire(std::chrono::milliseconds span) {
  pass(span);
  offer(timer_fired{});
}

bool mode_machine::fire_next_timer() {
  const auto next = treaty::next_moment(state_);
  if (!next) return false;
  now_ = std::max(now_, *next);
  offer(timer_fired{});
  return true;
}

void mode_machine::crash() {
  state_ = state_of(std::move(state_.record));
  calls_.clear();
  replies_.clear();
  offer(timer_fired{});
}

std::optional<std::chrono::milliseconds> mode_machine::wait() const {
  const auto next = treaty::next_moment(state_);
  if (!next) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(*next - now_);
}

std::vector<std::string> mode_machine::take_calls() {
  return std::exchange(calls_, {});
}

std::vector<reply> mode_machine::take_replies() {
  return std::exchange(replies_, {});
}

mode_machine with_branches(trans_type type, const std::vector<std::string>& ids, txn_options options) {
  mode_machine made{mode_spec{.type = type, .options = std::move(options)}};
  made.prepare();
  for (const std::string& id : ids) made.register_branch({.id = id});
  return made;
}

}  // namespace treaty::kit
