#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/definition.hpp"

namespace treaty {

/// The state of one (branch, op) pair. Legs stand in stored order; for a saga step i they are 2i compensate, 2i+1
/// action.
struct leg {
  leg_status status = leg_status::prepared;
  std::uint32_t attempts = 0;             // calls whose answer was not definite
  std::uint32_t failures = 0;             // of those, how many at the end in a row were not even "ongoing"
  std::chrono::milliseconds interval{0};  // the wait that was last scheduled; 0: none yet
  time_point due{};                       // not called again before this; unset: may be called at once
  time_point update_time{};               // unset: as created
  time_point finish_time{};               // of the definite answer
  bool operator==(const leg&) const = default;
};

/// A branch that a client registered (tcc, xa, workflow) or that a topic made (msg); immutable. Belongs to one leg.
struct registered_branch {
  branch_id id;
  branch_op op = branch_op::action;
  std::string op_name;  // only for branch_op::named
  std::string url;
  std::string payload;
  time_point create_time{};
  std::chrono::seconds request_timeout{0};  // of its calls; 0: the transaction's
  bool operator==(const registered_branch&) const = default;
};

/// What changes as the transaction proceeds: small, rewritten whole with each durable decision.
struct txn_progress {
  treaty::revision revision = 0;
  txn_status status = txn_status::prepared;
  time_point update_time{};
  time_point finish_time{};    // when it became succeed
  time_point rollback_time{};  // when it became failed
  std::string rollback_reason;
  std::string result;             // workflow, base64
  std::int64_t retries_used = 0;  // counts towards options.retry_limit
  std::chrono::milliseconds next_cron_interval{0};
  time_point next_cron_time{};
  std::string last_error;  // of the last call that was not definite; at most `last_error_bytes_max`
  /// Some call that we owe has failed `server_policy::stuck_after` times in a row: an operator should look.
  bool stuck = false;
  std::uint32_t history_pages = 0;  // written so far
  time_point due{};                 // its entry in the due index; unset: none (final)
  /// While prepared: `due` is when we stop waiting for the client (tcc, xa: abort; msg: ask; workflow: call back);
  /// attempts and interval are those of asking. Unset: we wait for ever (a saga).
  leg watch{};
  std::vector<leg> legs;
  bool operator==(const txn_progress&) const = default;
};

inline constexpr std::size_t last_error_bytes_max = 256;
inline constexpr std::size_t rollback_reason_bytes_max = 1000;

/// One global transaction, as stored and as decided on.
struct txn_record {
  record_id row = 0;
  std::shared_ptr<const txn_definition> definition;  // never null in a stored record
  txn_progress progress;
  std::vector<std::shared_ptr<const registered_branch>> branches;  // tcc, xa, workflow: one for each leg
};

/// A leg's identity and what its call needs. Views point into the record's definition or branch.
struct leg_view {
  branch_id id;
  branch_op op;
  std::string_view op_name;  // the text of `op`, or a workflow's own
  std::string_view url;
  std::string_view payload;
  std::chrono::seconds request_timeout{0};  // 0: the transaction's
};

/// Precondition: index < progress.legs.size().
leg_view view_leg(const txn_record& record, std::size_t index);

/// "01" .. "99", "100" ..: the id of step `index` (from 0).
branch_id step_branch_id(std::size_t index);

/// The part of a branch URL that names who is called: "bank:8080" of http://bank:8080/debit and of bank:8080/pkg.Svc/M.
/// Views into `url`.
std::string_view destination_of(std::string_view url);
/// Does one of its branches, or its query_prepared, call this destination?
bool calls_destination(const txn_record& record, std::string_view destination);

/// How many legs a fresh record of this definition starts with.
std::size_t initial_leg_count(const txn_definition& definition);

}  // namespace treaty
