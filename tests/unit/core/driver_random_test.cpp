#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>

#include "core/invariants.hpp"
#include "core/saga/state.hpp"
#include "tests/kit/driver_host.hpp"

// Random walks: any order of requests, answers, losses, repeats, time-outs, slow writes and crashes, against
// participants that keep a ledger. What must hold is checked after every step, and the ledger at the end.
// TREATY_SEED=n walks one seed only.
namespace treaty {
namespace {

using kit::driver_host;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A service behind a barrier, as the clients' libraries make it: each operation has its effect once, and an action
/// that comes after its own compensation has none. It refuses or agrees for good.
struct participant {
  bool refuses = false;
  bool acted = false;
  bool undone = false;  // or blocked: the compensation came first
  std::size_t acted_at = 0;
  std::size_t undone_at = 0;
  bool was_compensated = false;  // the coordinator called it to undo

  call_outcome receive(branch_op op, std::size_t moment) {
    if (op == branch_op::compensate) {
      if (!undone) undone_at = moment;
      undone = true;
      return call_outcome::success;
    }
    if (acted || undone) return call_outcome::success;
    if (refuses) return call_outcome::failure;
    acted = true;
    acted_at = moment;
    return call_outcome::success;
  }
};

kit::saga_spec random_spec(std::mt19937& dice) {
  const auto chance = [&](unsigned percent) { return dice() % 100 < percent; };
  kit::saga_spec spec;
  const std::size_t steps = dice() % 5;
  for (std::size_t step = 0; step < steps; ++step) {
    const std::string name = "s" + std::to_string(step);
    spec.steps.push_back(chance(8) ? "-/" + name : chance(8) ? name + "/-" : name);
  }
  spec.plan.concurrent = chance(50);
  for (std::uint32_t step = 1; step < steps; ++step) {
    if (spec.plan.concurrent && chance(40)) spec.plan.orders[step].push_back(dice() % step);
  }
  if (chance(35)) spec.options.timeout_to_fail = seconds{1 + dice() % 40};
  if (chance(25)) spec.options.retry_limit = 1 + dice() % 3;
  if (chance(30)) spec.options.retry_interval = seconds{1 + dice() % 5};
  spec.options.wait_result = chance(30);
  return spec;
}

class walk {
public:
  explicit walk(std::uint32_t seed) : dice_{seed}, host_{random_spec(dice_)}, services_(host_.spec().steps.size()) {
    for (participant& one : services_) one.refuses = chance(12);
    forced_stops_ = chance(10);
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
  bool chance(unsigned percent) { return dice_() % 100 < percent; }
  void wrong(std::string what) { found_.push_back(std::move(what)); }

  void one_event() {
    const unsigned roll = dice_() % 100;
    if (roll < 12) {
      request();
    } else if (roll < 37) {
      if (host_.write_under_way()) host_.durable();
    } else if (roll < 77) {
      if (!calls_.empty()) deliver_any();
    } else if (roll < 82) {
      if (!ghosts_.empty()) deliver_ghost();
    } else if (roll < 94) {
      let_time_pass();
    } else {
      crash();
    }
    observe();
  }

  client_token next_token() {
    unanswered_.insert(++last_token_);
    return last_token_;
  }

  void request() {
    const client_token token = next_token();
    const unsigned roll = dice_() % 20;
    if (roll < 13) {
      host_.submit(token);
    } else if (roll < 15) {
      host_.offer(prepare_requested{kit::define(host_.spec()), token});
    } else if (roll < 17) {
      host_.offer(abort_requested{trans_type::saga, "", token});
    } else if (roll < 19) {
      host_.offer(retry_requested{token});
    } else if (forced_stops_) {
      host_.offer(force_stop_requested{token});
      forced_ = forced_ || host_.running_driver().state().exists();
    } else {
      unanswered_.erase(token);
    }
  }

  /// A call arrives, or not; its answer arrives, or not, or twice, or a delayed twin of the call arrives later.
  void deliver_any() {
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

  void deliver_ghost() {
    const std::size_t leg = ghosts_.back();
    ghosts_.pop_back();
    receive(leg);
  }

  call_outcome receive(std::size_t leg) {
    return services_[saga::step_of(leg)].receive(saga::is_action(leg) ? branch_op::action : branch_op::compensate,
                                                 ++moment_);
  }

  void let_time_pass() {
    const auto next = host_.running_driver().next_moment();
    if (next && chance(70)) {
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
    unanswered_.clear();  // their connections died with the process
    observe_stored();
    if (chance(50)) host_.pass_unseen(seconds{dice_() % 50});
    host_.restart();
  }

  /// After every step: what was asked for, what is stored, what is decided.
  void observe() {
    observe_stored();
    for (const kit::request& one : host_.take_requests()) {
      if (const auto* made = std::get_if<kit::called>(&one)) {
        check_call(made->leg);
        calls_.push_back(made->leg);
      } else if (const auto* told = std::get_if<reply>(&one)) {
        check_reply(*told);
      }
    }
    const driver& machine = host_.running_driver();
    if (!machine.state().exists()) return;
    for (std::string& broken : violations(machine.record())) wrong(std::move(broken));
    check_next_moment(machine);
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

  /// Nothing leaves before the decision behind it is durable.
  void check_call(std::size_t leg) {
    const auto& stored = host_.stored();
    if (!stored) return wrong("a call before anything is durable");
    if (std::count(calls_.begin(), calls_.end(), leg) > 0) wrong("a leg is called while its answer is awaited");
    const std::size_t step = saga::step_of(leg);
    if (saga::is_action(leg)) return check_action_call(*stored, step);
    const txn_status status = stored->progress.status;
    if (status != txn_status::aborting) wrong("a step is undone while stored as " + std::string{to_string(status)});
    if (std::count(calls_.begin(), calls_.end(), saga::action_leg(step)) > 0) wrong("undone while it is executed");
    services_[step].was_compensated = true;
  }

  /// An action that was decided before an abort may leave after it, and is undone later; but never once that began.
  void check_action_call(const txn_record& stored, std::size_t step) {
    const txn_definition& definition = *stored.definition;
    if (is_final(stored.progress.status)) wrong("an action is called after the end");
    if (stored.progress.status == txn_status::prepared) wrong("an action is called before the submit is durable");
    const bool plain = definition.saga.orders.empty() && definition.options.retry_limit == 0 &&
                       definition.options.timeout_to_fail.count() == 0;
    if (!plain && !saga::is_runnable(stored, step)) wrong("a follower is called before its befores are durable");
    for (std::size_t before = 0; before <= step; ++before) {
      const bool rests_on_it = before == step || comes_after(definition, step, before);
      if (rests_on_it && services_[before].was_compensated) wrong("an action is called after undoing began");
    }
  }

  void check_reply(const reply& told) {
    if (unanswered_.erase(told.to) == 0) wrong("a request is answered twice, or by the wrong life");
    const auto& stored = host_.stored();
    const bool existed = stored.has_value();
    if (told.what.kind == answer_kind::ok && !existed) wrong("ok before anything is durable");
    if (told.what.message.find("'succeed'") != std::string::npos && stored->progress.status != txn_status::succeed) {
      wrong("told of a success that is not durable");
    }
    if (told.what.message.find("'failed'") != std::string::npos && stored->progress.status != txn_status::failed) {
      wrong("told of a failure that is not durable");
    }
  }

  /// Nothing unfinished waits for ever: a call, a write, a timer, or a client that is expected to speak.
  void check_next_moment(const driver& machine) {
    const txn_status status = machine.record().progress.status;
    if (is_final(status) || status == txn_status::prepared) return;
    if (machine.write_under_way() || any_in_flight(machine.state()) || machine.next_moment()) return;
    wrong("nothing will ever move it again");
  }

  static bool any_in_flight(const txn_state& state) {
    return std::find(state.in_flight.begin(), state.in_flight.end(), 1) != state.in_flight.end();
  }

  /// The faults stop: whatever was begun comes to its end.
  void calm_down() {
    while (!ghosts_.empty()) deliver_ghost();
    if (!host_.stored() || host_.stored()->progress.status == txn_status::prepared) {
      host_.submit(next_token());
      observe();
    }
    for (int round = 0; round < 2000 && found_.empty() && !host_.running_driver().finished(); ++round) {
      if (host_.write_under_way()) {
        host_.durable();
      } else if (!calls_.empty()) {
        const std::size_t leg = calls_.front();
        calls_.erase(calls_.begin());
        host_.offer(answered{leg, receive(leg), "calm"});
      } else if (const auto next = host_.running_driver().next_moment()) {
        host_.pass(std::max(*next - host_.now(), std::chrono::nanoseconds{0}));
      }
      observe();
    }
    if (found_.empty() && !host_.running_driver().finished()) wrong("it never ends");
    if (found_.empty() && !unanswered_.empty()) wrong("a request is never answered");
  }

  void check_ledger() {
    const txn_record& record = *host_.stored();
    const bool succeeded = record.progress.status == txn_status::succeed;
    for (std::size_t step = 0; step < services_.size(); ++step) {
      const participant& one = services_[step];
      const auto& urls = record.definition->steps[step];
      if (succeeded && !urls.action.empty() && !one.acted) wrong("succeeded without " + host_.spec().steps[step]);
      if (succeeded && one.was_compensated) wrong("succeeded, but undone: " + host_.spec().steps[step]);
      if (!succeeded && !forced_ && one.acted && !urls.compensate.empty() && !one.undone) {
        wrong("failed, but not undone: " + host_.spec().steps[step]);
      }
      for (std::size_t later = step + 1; later < services_.size(); ++later) {
        if (comes_after(*record.definition, later, step)) check_order(step, later);
      }
    }
  }

  static bool comes_after(const txn_definition& definition, std::size_t later, std::size_t step) {
    if (!definition.saga.concurrent) return true;
    const auto order = definition.saga.orders.find(static_cast<std::uint32_t>(later));
    return order != definition.saga.orders.end() && std::count(order->second.begin(), order->second.end(), step) > 0;
  }

  void check_order(std::size_t step, std::size_t later) {
    const participant& first = services_[step];
    const participant& second = services_[later];
    if (first.acted && second.acted && first.acted_at > second.acted_at) wrong("executed in the wrong order");
    if (first.undone && second.undone && first.undone_at < second.undone_at) {
      wrong("undone in the wrong order");
    }
  }

  std::mt19937 dice_;
  driver_host host_;
  std::vector<participant> services_;
  std::vector<std::size_t> calls_;   // whose answer the driver awaits
  std::vector<std::size_t> ghosts_;  // still on their way, and nobody awaits their answer
  std::set<client_token> unanswered_;
  std::optional<txn_record> before_;
  client_token last_token_ = 0;
  std::size_t moment_ = 0;
  bool forced_stops_ = false;
  bool forced_ = false;
  std::vector<std::string> found_;
};

// The promises of docs/architecture.md, in any order of events that a network, a disk and a scheduler can make.
TEST(DriverRandomWalk, KeepsEveryPromiseThroughLossesRepeatsAndCrashes) {
  const char* const only = std::getenv("TREATY_SEED");
  const std::uint32_t first = only != nullptr ? static_cast<std::uint32_t>(std::stoul(only)) : 1;
  const std::uint32_t last = only != nullptr ? first : 4000;
  for (std::uint32_t seed = first; seed <= last; ++seed) {
    for (const std::string& broken : walk{seed}.run()) ADD_FAILURE() << "TREATY_SEED=" << seed << ": " << broken;
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace treaty
