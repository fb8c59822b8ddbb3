#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/model/history.hpp"
#include "core/model/record.hpp"

namespace treaty {

// The closed list of what can happen to a transaction. `reply_to` names the request that is answered; 0: nobody.

/// A workflow's own verdict. `status` is final.
struct workflow_end {
  txn_status status = txn_status::succeed;
  std::string rollback_reason;
  std::string result;  // base64, as the client sent it
};

struct prepare_requested {
  std::shared_ptr<const txn_definition> definition;
  client_token reply_to = 0;
};
struct submit_requested {
  std::shared_ptr<const txn_definition> definition;
  client_token reply_to = 0;
  std::optional<workflow_end> end{};  // workflow only: how it ended, by its own word
};
/// A client adds to a prepared transaction: tcc and xa two branches (undo, do), workflow one with its result.
struct register_requested {
  trans_type type;
  std::vector<std::shared_ptr<const registered_branch>> branches;
  leg_status status = leg_status::prepared;  // workflow: of what was already done
  client_token reply_to = 0;
};
struct abort_requested {
  trans_type type;  // as the request says, not as stored
  std::string reason;
  client_token reply_to = 0;
};
struct force_stop_requested {
  client_token reply_to = 0;
  operator_note by{};
};
/// resetNextCronTime, resetCronTime: whatever waits for a retry is due now.
struct retry_requested {
  client_token reply_to = 0;
  operator_note by{};
  bool among_many = false;  // the first that is refused when there is little room
};
/// An operator takes it on himself that this branch operation is done: it is not called again.
struct skip_requested {
  branch_id branch;
  std::string op;
  client_token reply_to = 0;
  operator_note by{};
};
struct answered {
  std::size_t leg;
  call_outcome outcome;
  std::string detail;      // what the participant said: a body or a status message, cut to a bounded length
  duration took{0};        // from the call to the answer
  bool was_called = true;  // false: we did not let the call out, because its destination is in trouble; unknown, then
};
/// What the application said when it was asked how a prepared msg or workflow stands.
struct watch_answered {
  call_outcome outcome;
  std::string detail;
  duration took{0};
};
/// The moment that the driver asked for has come, or something like it: early and repeated ones are harmless.
struct timer_fired {};

using event =
    std::variant<prepare_requested, submit_requested, register_requested, abort_requested, force_stop_requested,
                 retry_requested, skip_requested, answered, watch_answered, timer_fired>;

}  // namespace treaty
