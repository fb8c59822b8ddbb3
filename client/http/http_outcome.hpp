#pragma once

#include "client/http/http_client.hpp"

namespace treaty::client {

/// What an HTTP answer means, as DTM's protocol has it (docs/protocol.md, "Outcomes"): the body of a success, or why
/// not. `who` goes into the text of the error.
result<std::string> outcome_of(http_reply reply, std::string_view who, body_words words);

}  // namespace treaty::client
