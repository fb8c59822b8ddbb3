#pragma once

#include <string_view>

namespace treaty {

/// What this build is: "v0.1.0", or with what git adds to it.
std::string_view version();
/// The compiler that made it.
std::string_view compiler_version();
/// The gRPC library it was made with.
std::string_view grpc_version();

}  // namespace treaty
