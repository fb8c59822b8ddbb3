#include "tests/kit/saga_kit.hpp"

#include <algorithm>
#include <utility>

#include "core/base/assert.hpp"
#include "core/saga/state.hpp"

namespace treaty {

void PrintTo(const answer& one, std::ostream* out) {
  *out << "kind " << static_cast<int>(one.kind) << " \"" << one.message << '"';
}

void PrintTo(const reply& one, std::ostream* out) {
  *out << '#' << one.to << ' ';
  PrintTo(one.what, out);
}

}  // namespace treaty

namespace treaty::kit {
namespace {

step step_from(const std::string& text) {
  if (text == "-") return {};
  if (text.starts_with("-/")) return {"", "http://bank/" + text.substr(2) + "-undo"};
  if (text.ends_with("/-")) return {"http://bank/" + text.substr(0, text.size() - 2), ""};
  return {"http://bank/" + text, "http://bank/" + text + "-undo"};
}

std::string leg_text(const leg& one) {
  switch (one.status) {
    case leg_status::prepared:
      return one.attempts > 0 ? "P!" : "P";
    case leg_status::succeed:
      return "S";
    case leg_status::failed:
      return "F";
  }
  return "?";
}

}  // namespace

std::shared_ptr<const txn_definition> define(const saga_spec& spec) {
  auto made = std::make_shared<txn_definition>();
  made->gid = treaty::gid{spec.gid};
  made->type = trans_type::saga;
  for (const std::string& text : spec.steps) {
    made->steps.push_back(step_from(text));
    made->payloads.push_back("{\"step\":\"" + text + "\"}");
  }
  made->saga = spec.plan;
  made->options = spec.options;
  return made;
}

void PrintTo(const call& one, std::ostream* out) {
  *out << to_string(one.op) << ' ' << one.step;
}

std::string legs_text(const txn_progress& progress) {
  std::string text;
  for (const leg& one : progress.legs) text += (text.empty() ? "[" : ",") + leg_text(one);
  return text.empty() ? "[]" : text + "]";
}

machine::machine(saga_spec spec, server_policy policy) : spec_{std::move(spec)}, policy_{policy} {
  state_.gid = treaty::gid{spec_.gid};
}

void machine::offer(const event& e) {
  transition out = advance(std::move(state_), e, context{now_, policy_});
  state_ = std::move(out.next);
  last_write_ = out.write;
  orders_.insert(orders_.end(), out.orders.begin(), out.orders.end());
}

void machine::submit(client_token reply_to) {
  offer(submit_requested{define(spec_), reply_to});
}

void machine::prepare(client_token reply_to) {
  offer(prepare_requested{define(spec_), reply_to});
}

void machine::answer(std::string_view step, branch_op op, call_outcome outcome, std::string detail) {
  offer(answered{leg_of(spec_, step, op), outcome, std::move(detail)});
}

bool machine::fire_next_timer() {
  const auto next = treaty::next_moment(state_);
  if (!next) return false;
  now_ = std::max(now_, *next);
  offer(timer_fired{});
  return true;
}

std::optional<std::chrono::milliseconds> machine::wait() const {
  const auto next = treaty::next_moment(state_);
  if (!next) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(*next - now_);
}

std::vector<call> machine::take_calls() {
  std::vector<call> calls;
  for (const effect& one : orders_) {
    if (const auto* made = std::get_if<call_leg>(&one)) calls.push_back(call_of(spec_, made->leg));
  }
  std::erase_if(orders_, [](const effect& one) { return std::holds_alternative<call_leg>(one); });
  return calls;
}

std::vector<reply> machine::take_replies() {
  std::vector<reply> replies;
  for (const effect& one : orders_) {
    if (const auto* made = std::get_if<reply>(&one)) replies.push_back(*made);
  }
  std::erase_if(orders_, [](const effect& one) { return std::holds_alternative<reply>(one); });
  return replies;
}

machine submitted_saga(std::vector<std::string> steps, txn_options options) {
  machine made{{std::move(steps), {}, std::move(options)}};
  made.submit();
  return made;
}

machine concurrent_saga(std::vector<std::string> steps, std::map<std::uint32_t, std::vector<std::uint32_t>> orders,
                        txn_options options) {
  machine made{{std::move(steps), {true, std::move(orders)}, std::move(options)}};
  made.submit();
  return made;
}

std::size_t leg_of(const saga_spec& spec, std::string_view step, branch_op op) {
  const auto found = std::find(spec.steps.begin(), spec.steps.end(), step);
  TREATY_ASSERT(found != spec.steps.end());
  const auto index = static_cast<std::size_t>(found - spec.steps.begin());
  return op == branch_op::action ? saga::action_leg(index) : saga::compensation_leg(index);
}

call call_of(const saga_spec& spec, std::size_t leg_index) {
  return {spec.steps.at(saga::step_of(leg_index)),
          saga::is_action(leg_index) ? branch_op::action : branch_op::compensate};
}

txn_state submitted_state(std::size_t steps) {
  saga_spec spec;
  for (std::size_t index = 0; index < steps; ++index) spec.steps.push_back("step" + std::to_string(index));
  txn_state none;
  none.gid = treaty::gid{spec.gid};
  return advance(std::move(none), submit_requested{define(spec)}, context{start_time, {}}).next;
}

txn_state answer_all(txn_state state, call_outcome outcome) {
  const context ctx{start_time, {}};
  for (std::size_t index = 0; index < state.in_flight.size(); ++index) {
    if (state.in_flight[index] == 0) continue;
    state = advance(std::move(state), answered{index, outcome, {}}, ctx).next;
  }
  return state;
}

}  // namespace treaty::kit
