#pragma once

#include "core/answer.hpp"
#include "core/base/result.hpp"
#include "core/event.hpp"
#include "net/wire/trans_body.hpp"

namespace treaty {

// What a request asks of the transaction that its body names, the same on every transport.

using make_event = result<event> (*)(trans_body body);

/// Errors: those of make_definition; a workflow without a usable custom_data.
result<event> prepare_event(trans_body body);
/// prepareWorkflow: for no other type.
result<event> prepare_workflow_event(trans_body body);
/// What a prepareWorkflow hears whose gid is that of another transaction.
answer taken_by_another_type(const txn_definition& stored);
/// A workflow says with it how it ended: req_extra must name a final status.
/// Errors: those of make_definition; a workflow's end that is none.
result<event> submit_event(trans_body body);
result<event> abort_event(trans_body body);

}  // namespace treaty
