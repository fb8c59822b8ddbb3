#pragma once

#include <vector>

#include "bench/load/call_rules.hpp"
#include "bench/load/dialect.hpp"
#include "bench/load/forms.hpp"

namespace treaty::load {

/// A kind of transaction: what clients do for it, and which calls its participants must see.
struct transaction_kind {
  call_rules (*rules)(const transaction_form& form);
  std::vector<request_template> (*requests)(const transaction_form& form, const dialect& words);
};

/// Submitted whole; the coordinator calls the actions, and when the last one refuses, the compensations.
transaction_kind saga_kind();
/// Prepared, then submitted; the coordinator calls the actions.
transaction_kind message_kind();
/// Prepared, each branch registered and then tried by the client, submitted; the coordinator calls the confirms, or,
/// aborted, the cancels.
transaction_kind tcc_kind();
/// Prepared, each step called by the client and then stored, ended by the client: the coordinator calls nobody.
transaction_kind workflow_kind();

transaction_kind kind_of(mode what);

}  // namespace treaty::load
