#pragma once

#include <string>
#include <string_view>

namespace treaty {

/// How an RPC ended; `code` as on the wire.
struct grpc_status {
  int code = 0;
  std::string message;
  unsigned pushback_ms = 0;  // a client that repeats by itself waits this long first; 0: we do not say
  bool operator==(const grpc_status&) const = default;
};

/// The codes that we give ourselves.
inline constexpr int grpc_ok = 0;
inline constexpr int grpc_cancelled = 1;
inline constexpr int grpc_unknown = 2;
inline constexpr int grpc_invalid_argument = 3;
inline constexpr int grpc_deadline_exceeded = 4;
inline constexpr int grpc_not_found = 5;
inline constexpr int grpc_resource_exhausted = 8;
inline constexpr int grpc_failed_precondition = 9;
inline constexpr int grpc_aborted = 10;
inline constexpr int grpc_unimplemented = 12;
inline constexpr int grpc_internal = 13;
inline constexpr int grpc_unavailable = 14;

/// `message` as the header `grpc-message`: %XX for each byte beyond ASCII, control character and percent sign.
std::string grpc_message_text(std::string_view message);

}  // namespace treaty
