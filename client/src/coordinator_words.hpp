#pragma once

#include <string_view>

#include "treaty/client/result.hpp"

namespace treaty::client {

/// What the coordinator means by a failure: it sends the status of a definite no also for what has only not ended yet,
/// and for what was done before; its `message` tells them apart (docs/protocol.md, "Submit, prepare, abort,
/// forceStop"). Never for the answers of branches, which may repeat these words and mean what their status says.
failure as_coordinator_means(failure by_status, std::string_view message);

}  // namespace treaty::client
