#pragma once

#include <chrono>
#include <optional>

#include "core/advance.hpp"
#include "core/chronicle.hpp"
#include "core/model/write_set.hpp"

namespace treaty {

/// What the shell is asked to do after one call of the driver: perform `now` at once, make `write` durable as one unit.
struct output {
  effects now;
  std::optional<write_set> write;
};

/// Where an unfinished transaction that only a client can move is found in the due index: far away, never dropped.
inline constexpr time_point far_future{std::chrono::hours{24 * 365 * 200}};

/// Holds one transaction without doing any I/O: the order "write, then act" lives here and nowhere else. The actor and
/// the simulator run this same class.
///
/// One write is under way at a time. Effects that rest on a decision are released by `durable`, once the write that
/// carries the decision has been stored. While such a write is under way every other effect waits too, so that nobody
/// is told or asked anything that a crash could take back. Deterministic: same calls, same outputs. Threads: one at a
/// time.
class driver {
public:
  /// A gid of which nothing is known; `row` is used if it comes into being.
  driver(treaty::gid id, record_id row, server_policy policy, std::chrono::milliseconds progress_delay);
  /// A stored record. Owes what the record still owes: offer `timer_fired` to begin.
  driver(txn_record stored, server_policy policy, std::chrono::milliseconds progress_delay);

  output offer(const event& e, time_point now);
  /// The write of `written` is durable. Precondition: it is the one under way.
  output durable(revision written, time_point now);

  /// The moment at which the shell must offer `timer_fired`; unset: none.
  std::optional<time_point> next_moment() const;
  /// Final, and all of it durable.
  bool finished() const;
  /// Nothing in flight, nothing to write, nobody waiting: it may leave memory until `next_moment` or a client's word.
  bool may_park() const;
  bool write_under_way() const { return under_way_ != 0; }
  /// As decided; what of it is durable is `record().progress.revision`.
  const txn_record& record() const { return state_.record; }
  const txn_state& state() const { return state_; }

private:
  void take(transition&& decided, output& out, time_point now);
  void write_if_owed(output& out, time_point now);
  write_set make_write(time_point now);
  time_point due_now(time_point now) const;
  bool release(output& out);
  bool is_pointless(const effect& one) const;
  void withdraw(const effect& one);

  txn_state state_;
  server_policy policy_;
  std::chrono::milliseconds progress_delay_;
  chronicle history_;

  revision under_way_ = 0;        // the revision of the write under way; 0: none
  effects resting_on_under_way_;  // released when that is durable
  effects resting_on_next_;       // they rest on a decision whose write has not left yet
  bool must_write_now_ = false;
  bool under_way_is_decision_ = false;
  time_point changed_at_{};  // when the oldest change that no write carries was made; unset: none
  const txn_definition* stored_definition_ = nullptr;
  std::size_t stored_branches_ = 0;
  bool stored_stuck_ = false;
};

}  // namespace treaty
