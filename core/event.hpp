#pragma once

#include <memory>
#include <string>
#include <variant>

#include "core/model/record.hpp"

namespace treaty {

// The closed list of what can happen to a transaction. `reply_to` names the request that is answered; 0: nobody.

struct prepare_requested {
  std::shared_ptr<const txn_definition> definition;
  client_token reply_to = 0;
};
struct submit_requested {
  std::shared_ptr<const txn_definition> definition;
  client_token reply_to = 0;
};
struct abort_requested {
  trans_type type;  // as the request says, not as stored
  std::string reason;
  client_token reply_to = 0;
};
struct force_stop_requested {
  client_token reply_to = 0;
};
/// resetNextCronTime, resetCronTime: whatever waits for a retry is due now.
struct retry_requested {
  client_token reply_to = 0;
};
struct answered {
  std::size_t leg;
  call_outcome outcome;
  std::string detail;  // what the participant said: a body or a status message, cut to a bounded length
};
/// The moment that the driver asked for has come, or something like it: early and repeated ones are harmless.
struct timer_fired {};

using event = std::variant<prepare_requested, submit_requested, abort_requested, force_stop_requested, retry_requested,
                           answered, timer_fired>;

}  // namespace treaty
