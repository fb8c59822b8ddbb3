#include "client/http/http_outcome.hpp"

namespace treaty::client {

result<std::string> outcome_of(http_reply reply, std::string_view who, body_words words) {
  const auto says = [&](std::string_view word) {
    return words == body_words::count && reply.body.find(word) != std::string::npos;
  };
  const auto text = [&] {
    return std::string{who} + " answered " + std::to_string(reply.status) + (reply.body.empty() ? "" : ": ") +
           reply.body;
  };
  if (reply.status == 425 || says("ONGOING")) return ongoing(text());
  if (reply.status == 409 || says("FAILURE")) return refused(text());
  if (reply.status != 200) return unknown(text());
  return std::move(reply.body);
}

}  // namespace treaty::client
