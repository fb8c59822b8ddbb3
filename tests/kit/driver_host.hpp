#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/driver.hpp"
#include "tests/kit/saga_kit.hpp"

namespace treaty::kit {

/// What the driver asked of its shell, in the order in which it did.
struct called {
  std::size_t leg;
};
/// At query_prepared.
struct asked {};
using request = std::variant<write_set, called, asked, raise_alert, reply>;

/// What becomes of the write under way when the process dies.
enum class write_fate { lost, stored };

/// A shell in memory around one driver: a store of one record, a clock that moves when told to, and crashes.
class driver_host {
public:
  static constexpr std::chrono::milliseconds progress_delay{100};

  explicit driver_host(saga_spec spec, server_policy policy = {});

  void offer(const event& e);
  void submit(client_token reply_to = 0) { offer(submit_requested{define(spec_), reply_to}); }
  void answer(std::string_view step, branch_op op, call_outcome outcome, std::string detail = "");
  /// The write under way has been stored.
  void durable();
  /// Stores whatever is written until nothing is under way.
  void settle();
  /// Lets time pass, and fires the timer at each moment that the driver asked for.
  void pass(std::chrono::nanoseconds span);
  /// Memory is lost; calls under way are nobody's any more.
  void crash(write_fate fate = write_fate::lost);
  /// Time passes and no timer fires: the process is dead, or late.
  void pass_unseen(std::chrono::nanoseconds span) { now_ += span; }
  /// The driver comes back from the stored record, if there is one, and takes up what it owes.
  void restart();

  bool running() const { return driver_.has_value(); }
  const driver& running_driver() const { return *driver_; }
  /// The last durable record; unset: nothing was ever stored.
  const std::optional<txn_record>& stored() const { return stored_; }
  /// Its entry in the due index; unset: none.
  time_point stored_due() const { return stored_ ? stored_->progress.due : time_point{}; }
  bool write_under_way() const { return under_way_.has_value(); }
  time_point now() const { return now_; }
  const saga_spec& spec() const { return spec_; }
  /// For a second request about the same gid that says something else.
  void describe(saga_spec spec) { spec_ = std::move(spec); }

  std::vector<request> take_requests() { return std::exchange(requests_, {}); }
  std::vector<call> take_calls();
  std::vector<reply> take_replies();
  /// How many writes were asked for since the last call.
  std::size_t take_write_count();

private:
  void perform(output&& out);
  void store(const write_set& write);
  template <class Request>
  std::vector<Request> take();

  saga_spec spec_;
  server_policy policy_;
  time_point now_ = start_time;
  std::optional<driver> driver_;
  std::optional<write_set> under_way_;
  std::optional<txn_record> stored_;
  std::vector<request> requests_;
};

}  // namespace treaty::kit
