#pragma once

#include <string>

#include "treaty/client/transport.hpp"

namespace treaty::client {

/// Requests as DTM's HTTP interface takes them: docs/protocol.md, "The transaction body".
/// Errors: invalid_argument, when a text is not UTF-8, which JSON cannot carry.
result<std::string> transaction_json(const transaction_request& request, std::string_view protocol);
result<std::string> registration_json(const branch_registration& branch);
/// The steps alone, as gRPC takes them.
result<std::string> steps_json(const std::vector<transaction_step>& steps);

/// The answer of prepareWorkflow. Errors: unknown, when it is something else.
result<workflow_record> parse_workflow_record(const std::string& body);

}  // namespace treaty::client
