#pragma once

#include <chrono>
#include <string_view>

#include "core/base/result.hpp"
#include "core/model/definition.hpp"

namespace treaty {

// What a type's custom_data says, besides a saga's (saga_plan.hpp). docs/protocol.md, "custom_data".

/// A workflow's `{"data":"<base64>"|null,"name":"<its name>"}`.
/// Errors: invalid_argument; empty, no object, no name, or data that is no base64.
result<workflow_plan> parse_workflow_plan(std::string_view custom_data);

/// A message's `{"delay":10}`: seconds between its submit and the first call. "" and "null" are none.
/// Errors: invalid_argument.
result<std::chrono::seconds> parse_delay(std::string_view custom_data);

}  // namespace treaty
