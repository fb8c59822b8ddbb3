#pragma once

#include <grpcpp/support/status.h>

#include "core/answer.hpp"
#include "core/base/result.hpp"

namespace treaty {

/// The status codes of docs/protocol.md, "gRPC status codes".
grpc::Status to_grpc_status(const answer& what);
/// A request that was refused before the door.
grpc::Status to_grpc_status(const failure& why);

}  // namespace treaty
