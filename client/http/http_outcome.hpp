#pragma once

#include "client/http/http_client.hpp"

namespace treaty::client {

/// What the HTTP answer of a branch means, as DTM's protocol has it (docs/protocol.md, "Outcomes"): the body of a
/// success, or why not. `who` goes into the text of the error.
result<std::string> outcome_of(http_reply reply, std::string_view who, body_words words);
/// The same for an answer of the coordinator itself, which says what it means in members of a JSON object.
result<std::string> coordinator_outcome_of(http_reply reply, std::string_view who);

}  // namespace treaty::client
