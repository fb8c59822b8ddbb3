#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "core/invariants.hpp"
#include "tests/kit/driver_host.hpp"
#include "tests/kit/mode_kit.hpp"

// The random walk of driver_random_test.cpp for tcc, xa, messages and workflows: any order of requests, answers,
// losses, repeats, silences, slow writes and crashes. TREATY_SEED=n walks one seed only.
namespace treaty {
namespace {

using kit::driver_host;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// What one branch, or one step of a message, has seen. Calls are noted when they leave, for those are promises.
struct participant {
  unsigned refusals_left = 0;
  bool forward_left = false;
  bool backward_left = false;
  bool forward_done = false;
  bool backward_done = false;
};

bool is_backward(branch_op op) {
  return op == branch_op::cancel || op == branch_op::rollback;
}

class walk {
public:
  walk(trans_type type, std::uint32_t seed) : dice_{seed}, spec_{random_spec(type)}, host_{kit::saga_spec{}} {
    committed_ = spec_.query_prepared.empty() || chance(60);
    forced_stops_ = chance(10);
    for (std::size_t at = 0; at < spec_.steps.size(); ++at) services_[step_branch_id(at).value] = random_participant();
  }

  /// What was found to be wrong; empty: nothing.
  std::vector<std::string> run() {
    const std::size_t events = 10 + dice_() % 60;
    for (std::size_t event = 0; event < events && found_.empty(); ++event) one_event();
    calm_down();
    if (found_.empty()) check_ledger();
    return std::move(found_);
  }

private:
  bool is(trans_type type) const { return spec_.type == type; }
  bool is_two_phase() const { return is(trans_type::tcc) || is(trans_type::xa); }
  bool chance(unsigned percent) { return dice_() % 100 < percent; }
  void wrong(std::string what) { found_.push_back(std::move(what)); }
  const txn_record& record() const { return host_.running_driver().record(); }
  txn_status stored_status() const { return host_.stored()->progress.status; }

  kit::mode_spec random_spec(trans_type type) {
    kit::mode_spec spec{.type = type};
    for (std::size_t left = type == trans_type::msg ? dice_() % 5 : 0; left > 0; --left) {
      spec.steps.push_back(chance(8) ? "-" : "s" + std::to_string(left));
    }
    if (chance(75)) spec.query_prepared = "http://bank/query";
    if (chance(30)) spec.delay = seconds{1 + dice_() % 20};
    if (chance(35)) spec.options.timeout_to_fail = seconds{1 + dice_() % 40};
    if (chance(30)) spec.options.retry_interval = seconds{1 + dice_() % 5};
    spec.options.wait_result = chance(30);
    spec.options.concurrent = chance(50);
    return spec;
  }

  participant random_participant() {
    participant made;
    if (chance(20)) made.refusals_left = static_cast<unsigned>(1 + dice_() % 4);
    return made;
  }

  void one_event() {
    began_at_ = host_.now();
    const unsigned roll = dice_() % 100;
    if (roll < 25) {
      request();
    } else if (roll < 50) {
      if (host_.write_under_way()) host_.durable();
    } else if (roll < 78) {
      deliver_any();
    } else if (roll < 81) {
      if (!ghosts_.empty()) deliver_ghost();
    } else if (roll < 94) {
      let_time_pass();
    } else {
      crash();
    }
    observe();
  }

  // -- clients ------------------------------------------------------------------------------------------------------

  client_token next_token(std::string about) {
    unanswered_.emplace(++last_token_, std::move(about));
    return last_token_;
  }

  void request() {
    const unsigned roll = dice_() % 20;
    if (roll < 5) {
      host_.offer(prepare_requested{kit::define(spec_), next_token("prepare")});
    } else if (roll < 11 && !is(trans_type::msg)) {
      register_branch();
    } else if (roll < 14) {
      decide(true);
    } else if (roll < 16) {
      decide(false);
    } else if (roll < 18) {
      host_.offer(retry_requested{next_token("retry")});
    } else if (roll == 18 && forced_stops_) {
      forced_ = forced_ || host_.running_driver().state().exists();
      host_.offer(force_stop_requested{next_token("stop")});
    }
  }

  void register_branch() {
    kit::branch_spec branch{.id = "0" + std::to_string(1 + dice_() % 5)};
    if (chance(8)) branch.without = {branch_op::confirm, branch_op::commit};
    if (chance(8)) branch.without.push_back(is(trans_type::tcc) ? branch_op::cancel : branch_op::rollback);
    if (chance(20)) branch.status = leg_status::failed;
    services_.try_emplace(branch.id, random_participant());
    host_.offer(kit::registration(spec_.type, branch, next_token(branch.id)));
  }

  /// A message's sender knows how its own transaction ended, and never says otherwise.
  void decide(bool forward) {
    if (is(trans_type::workflow)) return end(forward ? txn_status::succeed : txn_status::failed);
    if (is(trans_type::msg)) forward = committed_;
    if (forward) return host_.offer(submit_requested{kit::define(spec_), next_token("submit")});
    const trans_type named = is_two_phase() ? spec_.type : trans_type::saga;
    host_.offer(abort_requested{named, "no money", next_token("abort")});
  }

  void end(txn_status status) {
    const bool good = status == txn_status::succeed;
    workflow_end verdict{status, good ? "" : "no money", good ? "cmVz" : ""};
    host_.offer(submit_requested{kit::define(spec_), next_token(good ? "submit" : "abort"), std::move(verdict)});
  }

  // -- participants, the application, the network -------------------------------------------------------------------

  void deliver_any() {
    if (asks_ > 0 && chance(50)) return answer_ask();
    if (calls_.empty()) return;
    const std::size_t position = dice_() % calls_.size();
    const std::size_t leg = calls_[position];
    calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(position));
    const unsigned roll = dice_() % 100;
    if (roll < 10) return host_.offer(answered{leg, call_outcome::unknown, "refused connection"});
    if (roll < 17) return host_.offer(answered{leg, call_outcome::ongoing, "not yet"});
    if (roll < 24) {
      ghosts_.push_back(leg);  // timed out here, still on its way there
      return host_.offer(answered{leg, call_outcome::unknown, "timed out"});
    }
    const call_outcome outcome = receive(leg);
    if (roll < 32) return host_.offer(answered{leg, call_outcome::unknown, "answer lost"});
    host_.offer(answered{leg, outcome, "said so"});
    if (roll < 40) host_.offer(answered{leg, outcome, "said so twice"});
    if (roll < 45) ghosts_.push_back(leg);
  }

  void answer_ask() {
    asks_ -= 1;
    const unsigned roll = dice_() % 100;
    if (roll < 25) return host_.offer(watch_answered{call_outcome::unknown, "HTTP 503"});
    if (roll < 45) return host_.offer(watch_answered{call_outcome::ongoing, "not yet"});
    say_truth();
    if (roll < 55) say_truth();
  }

  void say_truth() { host_.offer(watch_answered{committed_ ? call_outcome::success : call_outcome::failure, "truth"}); }

  void deliver_ghost() {
    receive(ghosts_.back());
    ghosts_.pop_back();
  }

  call_outcome receive(std::size_t leg) {
    const leg_view seen = view_leg(record(), leg);
    participant& one = services_[seen.id.value];
    if (one.refusals_left > 0) {
      one.refusals_left -= 1;
      return call_outcome::failure;
    }
    (is_backward(seen.op) ? one.backward_done : one.forward_done) = true;
    return call_outcome::success;
  }

  void let_time_pass() {
    const auto next = host_.running_driver().next_moment();
    if (next && chance(60)) {
      host_.pass(std::max(*next - host_.now(), std::chrono::nanoseconds{0}));
    } else {
      host_.pass(milliseconds{dice_() % 4000});
    }
  }

  void crash() {
    host_.crash(chance(50) ? kit::write_fate::stored : kit::write_fate::lost);
    for (const std::size_t leg : calls_) {
      if (chance(60)) ghosts_.push_back(leg);
    }
    calls_.clear();
    asks_ = 0;
    unanswered_.clear();  // their connections died with the process
    observe_stored();
    if (chance(50)) host_.pass_unseen(seconds{dice_() % 50});
    host_.restart();
  }

  // -- what must hold after every step ------------------------------------------------------------------------------

  void observe() {
    observe_stored();
    for (const kit::request& one : host_.take_requests()) {
      if (const auto* made = std::get_if<kit::called>(&one)) {
        check_call(made->leg);
        calls_.push_back(made->leg);
      } else if (std::holds_alternative<kit::asked>(one)) {
        check_ask();
      } else if (const auto* told = std::get_if<reply>(&one)) {
        check_reply(*told);
      }
    }
    if (!host_.running_driver().state().exists()) return;
    for (std::string& broken : violations(record())) wrong(std::move(broken));
    check_next_moment(host_.running_driver());
  }

  void observe_stored() {
    const auto& stored = host_.stored();
    if (!stored || (before_ && stored->progress.revision == before_->progress.revision)) return;
    for (std::string& broken : violations(*stored)) wrong("stored: " + broken);
    if (before_) {
      for (std::string& broken : violations_between(*before_, *stored)) wrong("stored: " + broken);
    }
    if (is_set(host_.stored_due()) == is_final(stored->progress.status)) wrong("stored with a wrong due entry");
    before_ = stored;
  }

  /// Nothing leaves before the decision behind it is durable, and never two ways.
  void check_call(std::size_t leg) {
    if (!host_.stored()) return wrong("a call before anything is durable");
    if (is(trans_type::workflow)) return wrong("a workflow's row is called");
    if (std::count(calls_.begin(), calls_.end(), leg) > 0) wrong("a leg is called while its answer is awaited");
    const leg_view seen = view_leg(record(), leg);
    if (seen.url.empty()) wrong("an empty URL is called");
    const bool backward = is_backward(seen.op);
    if (stored_status() != (backward ? txn_status::aborting : txn_status::submitted)) {
      wrong(std::string{seen.op_name} + " while stored as " + std::string{to_string(stored_status())});
    }
    if (is(trans_type::msg) && !committed_) wrong("a message is sent although its sender rolled back");
    if (is(trans_type::msg) && is_set(delay_ends()) && host_.now() < delay_ends())
      wrong("sent before its delay is over");
    (backward ? services_[seen.id.value].backward_left : services_[seen.id.value].forward_left) = true;
    for (const auto& [id, one] : services_) {
      if (backward ? one.forward_left : one.backward_left) wrong("both ways: " + id);
    }
    check_order(leg, backward);
  }

  /// When the stored submit, which is the first write of this status, was decided, and its delay.
  time_point delay_ends() const {
    return is_set(submitted_at_) ? submitted_at_ + host_.stored()->definition->delay : time_point{};
  }

  /// Whatever comes before in the walk has been done: a call is made only after the answers to those before it.
  void check_order(std::size_t leg, bool backward) {
    const bool last_first = is(trans_type::tcc);
    if (is(trans_type::msg) && host_.stored()->definition->options.concurrent) return;
    const leg_view seen = view_leg(record(), leg);
    for (std::size_t other = 0; other < record().progress.legs.size(); ++other) {
      const leg_view before = view_leg(record(), other);
      const bool comes_before = last_first ? other > leg : other < leg;
      if (!comes_before || before.op != seen.op || before.url.empty()) continue;
      const participant& one = services_[before.id.value];
      if (!(backward ? one.backward_done : one.forward_done)) wrong("called before " + before.id.value + " is done");
    }
  }

  void check_ask() {
    if (is_two_phase()) wrong("nobody is asked in a tcc or an xa");
    if (!host_.stored() || stored_status() != txn_status::prepared) wrong("asked although it is decided");
    if (++asks_ > 1) wrong("two questions at a time");
  }

  void check_reply(const reply& told) {
    const auto asked = unanswered_.find(told.to);
    if (asked == unanswered_.end()) return wrong("a request is answered twice, or by the wrong life");
    const std::string about = asked->second;
    unanswered_.erase(asked);
    if (told.what.kind != answer_kind::ok) return;
    if (!host_.stored()) return wrong("ok before anything is durable");
    if (about == "submit" || about == "abort") {
      decided_ = decided_.value_or(about == "submit");
      if (*decided_ != (about == "submit")) wrong("both a submit and an abort are accepted");
      const bool stands = stored_status() != txn_status::prepared;
      if (!stands) wrong("a decision is told before it is durable");
    } else if (about.starts_with('0')) {
      const auto& rows = host_.stored()->branches;
      const bool there = std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row->id.value == about; });
      if (!there) wrong("a registration is told before it is durable: " + about);
      registered_.insert(about);
    }
  }

  /// Nothing unfinished waits for ever: a call, a write, a timer, or a client that is expected to speak.
  void check_next_moment(const driver& machine) {
    const txn_status status = machine.record().progress.status;
    note_submit(status);
    if (is_final(status)) return;
    if (is(trans_type::workflow) && spec_.query_prepared.empty()) return;
    const auto& flags = machine.state().in_flight;
    const bool in_flight = machine.state().watch_in_flight || std::count(flags.begin(), flags.end(), 1) > 0;
    if (!machine.write_under_way() && !in_flight && !machine.next_moment()) wrong("nothing will ever move it again");
  }

  /// A lower bound of the moment at which it became submitted for good: a crash may forget it.
  void note_submit(txn_status status) {
    const bool now_submitted = status == txn_status::submitted || status == txn_status::succeed;
    if (status == txn_status::prepared) submitted_at_ = {};
    if (now_submitted && !is_set(submitted_at_)) submitted_at_ = began_at_;
  }

  // -- the end ------------------------------------------------------------------------------------------------------

  /// The faults stop: whatever was begun comes to its end, most of it without another word of its client.
  void calm_down() {
    while (!ghosts_.empty()) deliver_ghost();
    if (!host_.running_driver().state().exists()) {
      host_.offer(prepare_requested{kit::define(spec_), next_token("prepare")});
      observe();
    }
    for (int round = 0; round < 2000 && found_.empty() && !host_.running_driver().finished(); ++round) {
      began_at_ = host_.now();
      calm_step();
      observe();
    }
    if (found_.empty() && !host_.running_driver().finished()) wrong("it never ends");
    if (found_.empty() && !unanswered_.empty()) wrong("a request is never answered: " + unanswered_.begin()->second);
  }

  void calm_step() {
    if (host_.write_under_way()) return host_.durable();
    if (!calls_.empty()) {
      const std::size_t leg = calls_.front();
      calls_.erase(calls_.begin());
      return host_.offer(answered{leg, receive(leg), "calm"});
    }
    if (is(trans_type::workflow) && record().progress.status == txn_status::prepared) return end(txn_status::succeed);
    if (asks_ > 0) {
      asks_ -= 1;
      return say_truth();
    }
    const auto next = host_.running_driver().next_moment();
    if (next) host_.pass(std::max(*next - host_.now(), std::chrono::nanoseconds{0}));
  }

  void check_ledger() {
    const txn_record& stored = *host_.stored();
    const bool succeeded = stored.progress.status == txn_status::succeed;
    if (forced_) return;
    if (decided_ && *decided_ != succeeded) wrong("it ended otherwise than its client was told");
    if (is(trans_type::msg) && succeeded != committed_) wrong("it ended otherwise than its sender's transaction");
    for (const std::string& id : registered_) check_registered(stored, id);
    for (std::size_t index = 0; index < stored.progress.legs.size() && !is(trans_type::workflow); ++index) {
      const leg_view seen = view_leg(stored, index);
      if (seen.url.empty() || is_backward(seen.op) == succeeded) continue;
      if (is(trans_type::msg) && !succeeded) continue;
      const participant& one = services_[seen.id.value];
      if (!(succeeded ? one.forward_done : one.backward_done)) wrong("ended without " + seen.id.value);
    }
  }

  void check_registered(const txn_record& stored, const std::string& id) {
    const bool kept = std::any_of(stored.branches.begin(), stored.branches.end(),
                                  [&](const auto& row) { return row->id.value == id; });
    if (!kept) wrong("a registered branch is lost: " + id);
  }

  std::mt19937 dice_;
  kit::mode_spec spec_;
  driver_host host_;
  std::map<std::string, participant> services_;
  std::vector<std::size_t> calls_;   // whose answer the driver awaits
  std::vector<std::size_t> ghosts_;  // still on their way, and nobody awaits their answer
  std::size_t asks_ = 0;             // at query_prepared, whose answer is awaited
  std::map<client_token, std::string> unanswered_;
  std::optional<txn_record> before_;
  std::set<std::string> registered_;  // whose client was told so
  std::optional<bool> decided_;       // as a client was told: submitted, or aborted
  time_point submitted_at_{};
  time_point began_at_{};  // of this event, which may let time pass
  client_token last_token_ = 0;
  bool committed_ = true;  // msg: the truth about its sender's own transaction
  bool forced_stops_ = false;
  bool forced_ = false;
  std::vector<std::string> found_;
};

class ModesRandomWalk : public testing::TestWithParam<trans_type> {};

// The promises of docs/architecture.md, in any order of events that a network, a disk and a scheduler can make.
TEST_P(ModesRandomWalk, KeepsEveryPromiseThroughLossesRepeatsAndCrashes) {
  const char* const only = std::getenv("TREATY_SEED");
  const std::uint32_t first = only != nullptr ? static_cast<std::uint32_t>(std::stoul(only)) : 1;
  const std::uint32_t last = only != nullptr ? first : 3000;
  for (std::uint32_t seed = first; seed <= last; ++seed) {
    for (const std::string& broken : walk{GetParam(), seed}.run()) {
      ADD_FAILURE() << "TREATY_SEED=" << seed << ": " << broken;
    }
    if (testing::Test::HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Types, ModesRandomWalk,
                         testing::Values(trans_type::tcc, trans_type::xa, trans_type::msg, trans_type::workflow),
                         [](const auto& one) { return std::string{to_string(one.param)}; });

}  // namespace
}  // namespace treaty
