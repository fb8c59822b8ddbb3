#pragma once

#include <string>
#include <string_view>

#include "net/branch_client.hpp"

namespace treaty {

inline constexpr std::size_t reply_detail_bytes_max = 1024;

/// What a participant said, fit to be kept and shown: valid UTF-8 (other bytes become U+FFFD), cut between two
/// characters to at most `bytes_max` bytes.
std::string reply_detail(std::string_view said, std::size_t bytes_max = reply_detail_bytes_max);

/// Judges a whole HTTP answer (docs/protocol.md, "Outcomes"). The words in the body count before the status, ONGOING
/// before FAILURE. The detail is the body; of a success it is empty.
branch_reply judge_http(int status, std::string_view body);

/// Whether `judge_http` means the same by that status whatever the body says; but for 409 with ONGOING in it, which
/// nobody says in a body that is too long to be read.
constexpr bool status_decides(int status) {
  return status == 409 || status == 425;
}

/// Judges a gRPC status, `code` as on the wire.
branch_reply judge_grpc(int code, std::string_view message);

/// A call that told nothing about what the participant did.
branch_reply unknown_outcome(std::string_view why);
/// The same of a call that we did not let out, because its destination is in trouble.
branch_reply uncalled_outcome(std::string_view why);

}  // namespace treaty
