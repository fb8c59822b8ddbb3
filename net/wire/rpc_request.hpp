#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace treaty {

/// A JSON-RPC request as a client sends it to us (docs/protocol.md, "JSON-RPC API").
struct rpc_request {
  std::string method;
  std::string version;  // "jsonrpc"
  std::string params;   // their JSON text, compact; "null" when there are none
  std::string id;
};

/// Errors: invalid_argument: no JSON object, or a member of the wrong type; an id is a text.
result<rpc_request> parse_rpc_request(std::string_view json);

/// The request as its refusal shows it.
std::string describe(const rpc_request& request);

}  // namespace treaty
