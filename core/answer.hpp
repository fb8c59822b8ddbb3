#pragma once

#include <cstdint>
#include <string>

namespace treaty {

/// How a request ended, for every protocol to render (docs/protocol.md, "Answers").
enum class answer_kind : std::uint8_t {
  ok = 1,
  failure,        // HTTP 409, gRPC Aborted
  ongoing,        // HTTP 425, gRPC FailedPrecondition
  error,          // HTTP 500, gRPC Unknown
  internal,       // HTTP 500, gRPC Internal
  invalid,        // HTTP 500 as DTM does, gRPC InvalidArgument
  overloaded,     // HTTP 429 with Retry-After, gRPC RESOURCE_EXHAUSTED; nothing was stored
  unavailable,    // HTTP 503, gRPC UNAVAILABLE; draining, or the store is failing
  unimplemented,  // HTTP 501, gRPC UNIMPLEMENTED
};

struct answer {
  answer_kind kind = answer_kind::ok;
  std::string message;  // empty for ok
  bool operator==(const answer&) const = default;
};

}  // namespace treaty
