#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "core/advance.hpp"

namespace treaty {

void PrintTo(const answer& one, std::ostream* out);
void PrintTo(const reply& one, std::ostream* out);

}  // namespace treaty

/// Sagas in a test's hand: how they are described, and the pure machine driven event by event.
namespace treaty::kit {

/// When every test's clock begins.
inline constexpr time_point start_time{std::chrono::seconds{1'700'000'000}};

/// A saga as a test describes it. A step "debit" has the action http://bank/debit and the compensation
/// http://bank/debit-undo; "-/debit" has no action, "debit/-" no compensation, "-" neither: an empty URL.
struct saga_spec {
  std::vector<std::string> steps;
  saga_plan plan{};
  txn_options options{};
  std::string gid = "g1";
};

std::shared_ptr<const txn_definition> define(const saga_spec& spec);

/// A call that left for a participant, named as the test names its step.
struct call {
  std::string step;
  branch_op op;
  bool operator==(const call&) const = default;
};
void PrintTo(const call& one, std::ostream* out);

/// "[P,S,P!,F]": the legs in stored order; P! is prepared, but perhaps executed.
std::string legs_text(const txn_progress& progress);

/// The machine alone: no writes, no crashes, a clock that moves only when told to.
class machine {
public:
  explicit machine(saga_spec spec, server_policy policy = {});

  void offer(const event& e);
  void submit(client_token reply_to = 0);
  void prepare(client_token reply_to = 0);
  void answer(std::string_view step, branch_op op, call_outcome outcome, std::string detail = "");
  void pass(std::chrono::milliseconds span) { now_ += span; }
  /// Moves the clock to the next moment and fires the timer; false when there is none.
  bool fire_next_timer();

  txn_status status() const { return state_.record.progress.status; }
  std::string legs() const { return legs_text(state_.record.progress); }
  const txn_progress& progress() const { return state_.record.progress; }
  const txn_state& state() const { return state_; }
  const saga_spec& spec() const { return spec_; }
  time_point now() const { return now_; }
  /// How long until the next moment; unset: none.
  std::optional<std::chrono::milliseconds> wait() const;
  /// How soon the last event's decision must be durable.
  urgency last_write() const { return last_write_; }
  std::vector<call> take_calls();
  std::vector<reply> take_replies();

private:
  saga_spec spec_;
  server_policy policy_;
  txn_state state_;
  time_point now_ = start_time;
  urgency last_write_ = urgency::none;
  effects orders_;
};

machine submitted_saga(std::vector<std::string> steps, txn_options options = {});
machine concurrent_saga(std::vector<std::string> steps, std::map<std::uint32_t, std::vector<std::uint32_t>> orders = {},
                        txn_options options = {});

/// The index of the leg that a test names by step and operation.
std::size_t leg_of(const saga_spec& spec, std::string_view step, branch_op op);
call call_of(const saga_spec& spec, std::size_t leg_index);

/// For benchmarks: a saga of `steps` steps, submitted, its calls under way; and the same with every answer given.
txn_state submitted_state(std::size_t steps);
txn_state answer_all(txn_state state, call_outcome outcome);

}  // namespace treaty::kit
