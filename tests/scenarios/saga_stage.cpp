#include "tests/scenarios/saga_stage.hpp"

#include <sstream>

#include "core/base/assert.hpp"
#include "core/invariants.hpp"

namespace treaty::scenarios {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in{text};
  for (std::string part; std::getline(in, part, separator);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

std::uint32_t to_number(const std::string& text) {
  return static_cast<std::uint32_t>(std::stoul(text));
}

milliseconds to_span(const std::string& text) {
  if (text.ends_with("ms")) return milliseconds{to_number(text)};
  TREATY_ASSERT(text.ends_with('s'));
  return seconds{to_number(text)};
}

std::string span_text(std::chrono::nanoseconds span) {
  const auto whole = std::chrono::duration_cast<milliseconds>(span).count();
  return whole % 1000 == 0 ? std::to_string(whole / 1000) + "s" : std::to_string(whole) + "ms";
}

/// "1:0,2:0+1": step 1 after step 0, step 2 after both, counted from 0 as on the wire.
std::map<std::uint32_t, std::vector<std::uint32_t>> to_orders(const std::string& text) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> orders;
  for (const std::string& one : split(text, ',')) {
    const auto colon = one.find(':');
    for (const std::string& before : split(one.substr(colon + 1), '+')) {
      orders[to_number(one.substr(0, colon))].push_back(to_number(before));
    }
  }
  return orders;
}

void apply_option(kit::saga_spec& spec, const std::string& word) {
  const auto equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
  if (name == "concurrent") {
    spec.plan.concurrent = true;
  } else if (name == "orders") {
    spec.plan.orders = to_orders(value);
  } else if (name == "wait") {
    spec.options.wait_result = true;
  } else if (name == "timeout") {
    spec.options.timeout_to_fail = seconds{to_number(value)};
  } else if (name == "retry_limit") {
    spec.options.retry_limit = to_number(value);
  } else if (name == "retry_count") {
    spec.options.retry_count = to_number(value);
  } else {
    TREATY_ASSERT(name == "retry_interval");
    spec.options.retry_interval = seconds{to_number(value)};
  }
}

kit::saga_spec to_spec(const std::vector<std::string>& words) {
  TREATY_ASSERT(words.size() >= 3 && words[2] == "saga");
  kit::saga_spec spec;
  spec.gid = words[1];
  std::size_t index = 3;
  if (index < words.size() && words[index] != "none") spec.steps = split(words[index], ',');
  for (++index; index < words.size(); ++index) apply_option(spec, words[index]);
  return spec;
}

call_outcome to_outcome(const std::string& text) {
  for (const call_outcome one : all_call_outcomes) {
    if (to_string(one) == text) return one;
  }
  TREATY_ASSERT(false);
}

std::string answer_text(const answer& one) {
  switch (one.kind) {
    case answer_kind::ok:
      return "ok";
    case answer_kind::failure:
      return "failure \"" + one.message + '"';
    case answer_kind::ongoing:
      return "ongoing \"" + one.message + '"';
    case answer_kind::internal:
      return "internal \"" + one.message + '"';
    case answer_kind::invalid:
      return "invalid \"" + one.message + '"';
    case answer_kind::error:
    case answer_kind::overloaded:
    case answer_kind::unavailable:
    case answer_kind::unimplemented:
      break;
  }
  return "unexpected \"" + one.message + '"';
}

std::string record_text(const txn_progress& progress) {
  std::string text = "rev=" + std::to_string(progress.revision) + ' ' + std::string{to_string(progress.status)} + ' ' +
                     kit::legs_text(progress);
  if (!progress.rollback_reason.empty()) text += " \"" + progress.rollback_reason + '"';
  return text;
}

}  // namespace

std::vector<std::string> saga_stage::play(const std::string& line) {
  seen_.clear();
  std::string rest = line;
  for (auto end = rest.find("; "); end != std::string::npos; end = rest.find("; ")) {
    run(rest.substr(0, end));
    rest.erase(0, end + 2);
  }
  run(rest);
  return seen_;
}

void saga_stage::run(const std::string& command) {
  const std::vector<std::string> words = split(command, ' ');
  if (words[0] == "submit" || words[0] == "prepare") {
    request(words);
  } else if (words[0] == "abort") {
    host_->offer(abort_requested{trans_type::saga, "", ++last_token_});
  } else if (words[0] == "forcestop") {
    host_->offer(force_stop_requested{++last_token_});
  } else if (words[0] == "retry") {
    host_->offer(retry_requested{++last_token_});
  } else if (words[0] == "durable") {
    host_->write_under_way() ? host_->durable() : see("nothing is being written");
  } else if (words[0] == "answer") {
    answer(words, command);
  } else if (words[0] == "advance") {
    host_->pass(to_span(words.at(1)));
  } else if (words[0] == "crash") {
    host_->crash(words.size() > 1 ? kit::write_fate::stored : kit::write_fate::lost);
  } else if (words[0] == "unseen") {
    host_->pass_unseen(to_span(words.at(1)));
  } else if (words[0] == "restart") {
    restart();
  } else {
    see("what does '" + words[0] + "' mean?");
  }
  collect();
}

void saga_stage::request(const std::vector<std::string>& words) {
  kit::saga_spec spec = to_spec(words);
  const auto definition = kit::define(spec);
  if (!host_) {
    gid_ = spec.gid;
    host_.emplace(std::move(spec));
  }
  if (words[0] == "submit") {
    host_->offer(submit_requested{definition, ++last_token_});
  } else {
    host_->offer(prepare_requested{definition, ++last_token_});
  }
}

void saga_stage::answer(const std::vector<std::string>& words, const std::string& command) {
  TREATY_ASSERT(words.size() >= 4 && (words[2] == "action" || words[2] == "compensate"));
  const std::size_t leg = 2 * (to_number(words[1]) - 1) + (words[2] == "action" ? 1 : 0);
  std::string said;
  if (words.size() > 4) {
    const auto begin = command.find('"');
    said = begin == std::string::npos ? words[4] : command.substr(begin + 1, command.rfind('"') - begin - 1);
  }
  host_->offer(answered{leg, to_outcome(words[3]), std::move(said)});
}

void saga_stage::restart() {
  announced_.reset();
  finished_ = false;
  const auto& stored = host_->stored();
  see(stored ? "load " + gid_ + ' ' + record_text(stored->progress) : "nothing stored");
  host_->restart();
}

void saga_stage::collect() {
  for (const kit::request& one : host_->take_requests()) {
    if (const auto* write = std::get_if<write_set>(&one)) {
      see("write " + gid_ + ' ' + record_text(write->progress));
    } else if (const auto* made = std::get_if<kit::called>(&one)) {
      const leg_view leg = view_leg(host_->running_driver().record(), made->leg);
      see("call " + gid_ + '/' + leg.id.value + ' ' + std::string{leg.op_name} + ' ' +
          std::string{leg.url.substr(leg.url.rfind('/') + 1)});
    } else {
      const reply& told = std::get<reply>(one);
      see("reply #" + std::to_string(told.to) + ' ' + answer_text(told.what));
    }
  }
  if (!host_->running()) return;
  if (host_->running_driver().state().exists()) {
    for (const std::string& broken : violations(host_->running_driver().record())) see("violation: " + broken);
  }
  if (!finished_ && host_->running_driver().finished()) see("finished");
  finished_ = host_->running_driver().finished();
  note_timer();
}

/// Only when it has changed: the moment at which the driver wants to be woken.
void saga_stage::note_timer() {
  const auto next = host_->running_driver().next_moment();
  if (next && next != announced_) see("timer +" + span_text(*next - host_->now()));
  announced_ = next;
}

}  // namespace treaty::scenarios
