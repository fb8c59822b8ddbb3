#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/advance.hpp"
#include "tests/kit/saga_kit.hpp"

/// Transactions of the other types in a test's hand: tcc, xa, msg and workflow.
namespace treaty::kit {

/// A transaction as a test describes it. A message's step "debit" has the action http://bank/debit, "-" an empty URL.
struct mode_spec {
  trans_type type;
  std::vector<std::string> steps{};  // msg
  std::string query_prepared{};
  std::chrono::seconds delay{0};
  txn_options options{};
  std::string gid = "g1";
};

std::shared_ptr<const txn_definition> define(const mode_spec& spec);

/// The rows that a client registers: tcc cancel and confirm, xa rollback and commit, workflow `op_name`. The confirm of
/// branch 01 is http://bank/01-confirm; those of `without` have an empty URL.
struct branch_spec {
  std::string id;
  std::string op_name = "action";  // workflow
  leg_status status = leg_status::succeed;
  std::vector<branch_op> without{};
};
register_requested registration(trans_type type, const branch_spec& spec, client_token reply_to = 0);

/// "01 confirm": a leg as these tests name it.
std::string leg_name(const txn_record& record, std::size_t leg_index);
std::size_t leg_named(const txn_record& record, std::string_view name);

/// The machine alone: no writes, no crashes, a clock that moves only when told to.
class mode_machine {
public:
  explicit mode_machine(mode_spec spec, server_policy policy = {});

  void offer(const event& e);
  void prepare(client_token reply_to = 0);
  void submit(client_token reply_to = 0);
  void register_branch(const branch_spec& spec, client_token reply_to = 0);
  /// The request names its own type; it is the transaction's unless a test says otherwise.
  void abort(client_token reply_to = 0, std::string reason = "", std::optional<trans_type> type = {});
  void end(txn_status status, client_token reply_to = 0, std::string reason = "", std::string result = "");
  /// The participant's answer to "01 confirm".
  void answer(std::string_view name, call_outcome outcome, std::string detail = "");
  /// The application's, at query_prepared.
  void say(call_outcome outcome, std::string detail = "") { offer(watch_answered{outcome, std::move(detail)}); }
  void pass(std::chrono::milliseconds span) { now_ += span; }
  /// Lets time pass, then fires the timer, asked for or not.
  void pass_and_fire(std::chrono::milliseconds span);
  /// Moves the clock to the next moment and fires the timer; false when there is none.
  bool fire_next_timer();
  /// The process dies and comes back from the record.
  void crash();

  txn_status status() const { return state_.record.progress.status; }
  std::string legs() const { return legs_text(state_.record.progress); }
  const txn_progress& progress() const { return state_.record.progress; }
  const txn_state& state() const { return state_; }
  mode_spec& spec() { return spec_; }
  time_point now() const { return now_; }
  std::optional<std::chrono::milliseconds> wait() const;
  urgency last_write() const { return last_write_; }
  /// What left since the last time, in order: "01 confirm", and "ask" for a call at query_prepared.
  std::vector<std::string> take_calls();
  std::vector<reply> take_replies();
  std::vector<raise_alert> take_alerts() { return std::exchange(alerts_, {}); }

private:
  mode_spec spec_;
  server_policy policy_;
  txn_state state_;
  time_point now_ = start_time;
  urgency last_write_ = urgency::none;
  std::vector<std::string> calls_;
  std::vector<reply> replies_;
  std::vector<raise_alert> alerts_;
};

/// Prepared, with these branches registered.
mode_machine with_branches(trans_type type, const std::vector<std::string>& ids, txn_options options = {});

}  // namespace treaty::kit
