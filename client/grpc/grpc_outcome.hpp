#pragma once

#include <grpcpp/support/status.h>

#include <string_view>

#include "treaty/client/result.hpp"

namespace treaty::client {

/// What a status other than OK of a branch means, as DTM's protocol has it (docs/protocol.md, "Outcomes").
failure failure_of(const grpc::Status& status, std::string_view who);
/// The same for a status of the coordinator itself.
failure coordinator_failure_of(const grpc::Status& status, std::string_view who);

}  // namespace treaty::client
