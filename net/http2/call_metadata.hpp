#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "net/branch_client.hpp"

namespace treaty {

/// The metadata of a branch call (docs/protocol.md, "Metadata"): who is called on whose behalf, then the transaction's
/// branch headers with lower-case names. Headers that belong to gRPC itself are left out, as grpc-go does.
/// Errors: invalid_argument: a name or value that gRPC cannot carry.
result<std::vector<std::pair<std::string, std::string>>> call_metadata(const branch_call& call);

}  // namespace treaty
