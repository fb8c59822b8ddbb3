#include "treaty/client/branch_context.hpp"

#include <nlohmann/json.hpp>

#include "client/src/query_string.hpp"
#include "client/src/reason.hpp"

namespace treaty::client {
namespace {

/// DTM's protocol finds these words anywhere in a body, whatever the status is: what is sent must not hold them by
/// accident. Lower case says the same to people.
std::string without_words(std::string text) {
  for (const auto& [word, harmless] : {std::pair{"FAILURE", "failure"}, std::pair{"ONGOING", "ongoing"}}) {
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word)) text.replace(at, 7, harmless);
  }
  return text;
}

int status_of(errc code) {
  switch (code) {
    case errc::refused:
      return 409;
    case errc::ongoing:
      return 425;
    case errc::duplicated:
    case errc::invalid_argument:
    case errc::unknown:
      break;
  }
  return 500;
}

}  // namespace

result<branch_context> context_from(const std::function<std::string(std::string_view)>& lookup) {
  branch_context context{lookup("gid"), lookup("trans_type"), lookup("branch_id"),
                         lookup("op"),  lookup("dtm"),        lookup("phase2_url")};
  const std::pair<std::string_view, const std::string&> needed[] = {
      {"gid", context.gid}, {"trans_type", context.trans_type}, {"branch_id", context.branch_id}, {"op", context.op}};
  for (const auto& [name, value] : needed) {
    if (value.empty()) return invalid("the call belongs to no transaction: it has no " + std::string{name});
  }
  return context;
}

result<branch_context> context_from_query(std::string_view target_or_query) {
  return context_from([&](std::string_view name) { return query_value(target_or_query, name); });
}

http_answer to_http_answer(const result<void>& outcome, std::string success_body) {
  if (outcome) return {200, std::move(success_body)};
  const nlohmann::json body{{"error", without_words(reason_text(outcome.error().detail))}};
  return {status_of(outcome.error().code), body.dump()};
}

}  // namespace treaty::client
