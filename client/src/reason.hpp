#pragma once

#include <string>
#include <string_view>

namespace treaty::client {

/// The text of a failure in the form in which it is sent, kept, and given back: UTF-8, which is all that JSON and gRPC
/// carry, and as short as the coordinator keeps it. What services answer may be anything: a page in Latin-1, or of
/// megabytes. Bytes that are no character become U+FFFD, and what is beyond 1,000 bytes is cut between two characters.
std::string reason_text(std::string_view text);

}  // namespace treaty::client
