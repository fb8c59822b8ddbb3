#include "net/wire/requests.hpp"

#include <utility>

namespace treaty {
namespace {

bool is_workflow(const trans_body& body) {
  return body.trans_type == to_string(trans_type::workflow);
}

result<workflow_end> read_end(std::map<std::string, std::string>& extra) {
  const auto status = parse_txn_status(extra["status"]);
  if (!status || !is_final(*status)) {
    return failure{errc::invalid_argument, "req_extra.status must be succeed or failed, not '" + extra["status"] + "'"};
  }
  return workflow_end{*status, std::move(extra["rollback_reason"]), std::move(extra["result"])};
}

}  // namespace

result<event> prepare_event(trans_body body) {
  if (is_workflow(body) && body.custom_data.empty()) {
    return failure{errc::invalid_argument,
                   "a workflow needs custom_data: {\"data\":\"<base64>\",\"name\":\"<its name>\"}"};
  }
  TREATY_TRY(auto definition, make_definition(std::move(body)));
  return event{prepare_requested{std::move(definition)}};
}

result<event> prepare_workflow_event(trans_body body) {
  if (parse_trans_type(body.trans_type) && !is_workflow(body)) {
    return failure{errc::invalid_argument, "prepareWorkflow is for trans_type workflow, not " + body.trans_type};
  }
  return prepare_event(std::move(body));
}

answer taken_by_another_type(const txn_definition& stored) {
  return {answer_kind::failure, "gid " + stored.gid.value + " is that of a " + std::string{to_string(stored.type)} +
                                    ", not of a workflow. FAILURE"};
}

result<event> submit_event(trans_body body) {
  submit_requested out;
  if (is_workflow(body)) {
    TREATY_TRY(workflow_end end, read_end(body.req_extra));
    out.end = std::move(end);
    body.custom_data.clear();  // the prepared one counts
  }
  TREATY_TRY(out.definition, make_definition(std::move(body)));
  return event{std::move(out)};
}

/// Only tcc and xa are told apart from the others, and msg by what is stored: any other type may stand for an unknown.
result<event> abort_event(trans_body body) {
  const trans_type type = parse_trans_type(body.trans_type).value_or(trans_type::saga);
  return event{abort_requested{type, std::move(body.rollback_reason)}};
}

}  // namespace treaty
