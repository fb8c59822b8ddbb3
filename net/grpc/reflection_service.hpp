#pragma once

#include "net/grpc/rpc.hpp"

namespace treaty {

/// Server reflection, v1 and v1alpha, for tools such as grpcurl: describes every method of `methods`, which outlives
/// its calls.
void add_reflection(rpc_table& methods);

}  // namespace treaty
