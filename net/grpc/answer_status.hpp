#pragma once

#include "core/answer.hpp"
#include "core/base/result.hpp"
#include "net/grpc_codes.hpp"

namespace treaty {

/// The status codes of docs/protocol.md, "gRPC status codes".
grpc_status to_grpc_status(const answer& what);
/// A request that was refused before the door.
grpc_status to_grpc_status(const failure& why);

}  // namespace treaty
