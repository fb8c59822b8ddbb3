#include "client/http/http_outcome.hpp"

#include <nlohmann/json.hpp>

#include "client/src/coordinator_words.hpp"

namespace treaty::client {
namespace {

std::string text_of(const http_reply& reply, std::string_view who) {
  return std::string{who} + " answered " + std::to_string(reply.status) + (reply.body.empty() ? "" : ": ") + reply.body;
}

bool has(const http_reply& reply, std::string_view word) {
  return reply.body.find(word) != std::string::npos;
}

struct coordinator_words {
  std::string result;
  std::string message;
};

coordinator_words read_words(const http_reply& reply) {
  // Old coordinators say all of it in the body; a record of what went well is not read for that.
  if (reply.status == 200 && !has(reply, "FAILURE") && !has(reply, "ONGOING")) return {};
  const auto body = nlohmann::json::parse(reply.body, nullptr, /*allow_exceptions=*/false);
  const auto text_in = [&](const char* name) {
    if (!body.is_object()) return std::string{};
    const auto found = body.find(name);
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  return {text_in("dtm_result"), text_in("message")};
}

}  // namespace

result<std::string> outcome_of(http_reply reply, std::string_view who, body_words words) {
  const auto says = [&](std::string_view word) { return words == body_words::count && has(reply, word); };
  if (reply.status == 425 || says("ONGOING")) return ongoing(text_of(reply, who));
  if (reply.status == 409 || says("FAILURE")) return refused(text_of(reply, who));
  if (reply.status != 200) return unknown(text_of(reply, who));
  return std::move(reply.body);
}

result<std::string> coordinator_outcome_of(http_reply reply, std::string_view who) {
  const auto says = read_words(reply);
  const auto failed = [&](errc code) { return as_coordinator_means(failure{code, text_of(reply, who)}, says.message); };
  if (reply.status == 425 || says.result == "ONGOING") return failed(errc::ongoing);
  if (reply.status == 409 || says.result == "FAILURE") return failed(errc::refused);
  if (reply.status != 200) return failed(errc::unknown);
  return std::move(reply.body);
}

}  // namespace treaty::client
