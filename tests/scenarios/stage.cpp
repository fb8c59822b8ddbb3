#include "tests/scenarios/stage.hpp"

#include <algorithm>

#include "core/base/assert.hpp"
#include "core/invariants.hpp"
#include "tests/kit/mode_kit.hpp"
#include "tests/scenarios/words.hpp"

namespace treaty::scenarios {
namespace {

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', '|');
  return text;
}

std::string answer_text(const answer& one) {
  switch (one.kind) {
    case answer_kind::ok:
      return "ok";
    case answer_kind::failure:
      return "failure \"" + one_line(one.message) + '"';
    case answer_kind::ongoing:
      return "ongoing \"" + one.message + '"';
    case answer_kind::internal:
      return "internal \"" + one.message + '"';
    case answer_kind::invalid:
      return "invalid \"" + one.message + '"';
    case answer_kind::error:
      return "error \"" + one_line(one.message) + '"';
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
  if (!progress.result.empty()) text += " result=" + progress.result;
  return text;
}

}  // namespace

std::vector<std::string> stage::play(const std::string& line) {
  seen_.clear();
  std::string rest = line;
  for (auto end = rest.find("; "); end != std::string::npos; end = rest.find("; ")) {
    run(rest.substr(0, end));
    rest.erase(0, end + 2);
  }
  run(rest);
  return seen_;
}

void stage::run(const std::string& command) {
  const std::vector<std::string> words = split(command, ' ');
  if (!run_request(words, command)) run_rest(words, command);
  collect();
}

/// Whatever a client or an operator may ask; false: it is no request.
bool stage::run_request(const std::vector<std::string>& words, const std::string& command) {
  if (words[0] == "submit" || words[0] == "prepare") {
    request(words);
  } else if (words[0] == "register") {
    host_->offer(to_registration(words, type_, ++last_token_));
  } else if (words[0] == "end") {
    end(words, command);
  } else if (words[0] == "abort") {
    const bool names_type = words.size() > 1 && parse_trans_type(words[1]).has_value();
    host_->offer(abort_requested{names_type ? to_type(words[1]) : type_, quoted(command), ++last_token_});
  } else if (words[0] == "forcestop") {
    host_->offer(force_stop_requested{++last_token_});
  } else if (words[0] == "retry") {
    host_->offer(retry_requested{++last_token_});
  } else {
    return false;
  }
  return true;
}

void stage::run_rest(const std::vector<std::string>& words, const std::string& command) {
  if (words[0] == "durable") {
    host_->write_under_way() ? host_->durable() : see("nothing is being written");
  } else if (words[0] == "answer") {
    answer(words, command);
  } else if (words[0] == "say") {
    host_->offer(watch_answered{to_outcome(words.at(1)), quoted(command)});
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
}

void stage::request(const std::vector<std::string>& words) {
  const auto definition = to_definition(words);
  if (!host_) {
    gid_ = definition->gid.value;
    type_ = definition->type;
    host_.emplace(kit::saga_spec{.steps = {}, .gid = gid_});
  }
  if (words[0] == "submit") {
    host_->offer(submit_requested{definition, ++last_token_});
  } else {
    host_->offer(prepare_requested{definition, ++last_token_});
  }
}

void stage::end(const std::vector<std::string>& words, const std::string& command) {
  const auto status = parse_txn_status(words.at(1));
  TREATY_ASSERT(status.has_value());
  workflow_end verdict{*status, {}, {}};
  (*status == txn_status::failed ? verdict.rollback_reason : verdict.result) = quoted(command);
  const auto definition = kit::define(kit::mode_spec{.type = trans_type::workflow, .gid = gid_});
  host_->offer(submit_requested{definition, ++last_token_, std::move(verdict)});
}

void stage::answer(const std::vector<std::string>& words, const std::string& command) {
  TREATY_ASSERT(words.size() >= 4);
  const std::size_t leg = kit::leg_named(host_->running_driver().record(), words[1] + ' ' + words[2]);
  const bool bare = words.size() > 4 && words[4].front() != '"';
  host_->offer(answered{leg, to_outcome(words[3]), bare ? words[4] : quoted(command)});
}

void stage::restart() {
  announced_.reset();
  finished_ = false;
  const auto& stored = host_->stored();
  see(stored ? "load " + gid_ + ' ' + record_text(stored->progress) : "nothing stored");
  host_->restart();
}

void stage::collect() {
  for (const kit::request& one : host_->take_requests()) {
    if (const auto* write = std::get_if<write_set>(&one)) {
      see("write " + gid_ + ' ' + record_text(write->progress));
    } else if (const auto* made = std::get_if<kit::called>(&one)) {
      const leg_view leg = view_leg(host_->running_driver().record(), made->leg);
      see("call " + gid_ + '/' + leg.id.value + ' ' + std::string{leg.op_name} + ' ' +
          std::string{leg.url.substr(leg.url.rfind('/') + 1)});
    } else if (std::holds_alternative<kit::asked>(one)) {
      const std::string& url = host_->running_driver().record().definition->query_prepared;
      see("ask " + gid_ + ' ' + url.substr(url.rfind('/') + 1));
    } else if (const auto* alert = std::get_if<raise_alert>(&one)) {
      const leg_view leg = view_leg(host_->running_driver().record(), alert->leg);
      see("alert " + gid_ + '/' + leg.id.value + ' ' + std::string{leg.op_name} +
          " failures=" + std::to_string(alert->failures));
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
void stage::note_timer() {
  const auto next = host_->running_driver().next_moment();
  if (next && next != announced_) see("timer +" + span_text(*next - host_->now()));
  announced_ = next;
}

}  // namespace treaty::scenarios
