#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "net/branch_client.hpp"

namespace treaty {

/// The request of a JSON-RPC branch call (docs/protocol.md, "JSON-RPC calls"): the payload's members, byte for byte,
/// and after them gid, trans_type, branch_id and op, which so replace members of the same name. An empty payload is
/// `{}`. Errors: invalid_argument: the payload is not a JSON object.
result<std::string> json_rpc_request(const branch_call& call, std::string_view method, std::string_view id);

/// Judges a whole answer: the rules of HTTP first, then the `error` member: -32901 is a failure, -32902 ongoing, any
/// other one unknown, as is an answer that is not JSON.
branch_reply judge_json_rpc(int status, std::string_view body);

}  // namespace treaty
