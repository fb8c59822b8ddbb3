#pragma once

// Internal to the HTTP API: the answer envelope of docs/protocol.md, "Answer envelope".

#include <memory>
#include <string>

#include "core/answer.hpp"
#include "core/base/result.hpp"
#include "net/http_handler.hpp"
#include "net/ingress.hpp"

namespace treaty {

http_reply render(const answer& what);
/// A request that was refused before the door, or what a look-up said.
http_reply render(const failure& why);
http_reply ok_with(std::string json);
/// Renders the answer to one request onto its connection.
std::shared_ptr<answer_sink> answer_to(std::shared_ptr<http_responder> to);

}  // namespace treaty
