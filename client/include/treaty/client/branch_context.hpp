#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "treaty/client/result.hpp"

namespace treaty::client {

/// Which call of which branch of which transaction a branch service has been asked to do.
struct branch_context {
  std::string gid;
  std::string trans_type;  // saga, tcc, xa, msg, workflow
  std::string branch_id;
  std::string op;             // action, compensate, try, confirm, cancel, commit, rollback, msg; the name of a workflow
  std::string coordinator{};  // where a nested branch is to be registered; empty when the coordinator calls itself
  std::string phase2_url{};   // xa: what the coordinator is to call for commit and rollback
  bool operator==(const branch_context&) const = default;
};

/// Reads the context of a call over HTTP from its target ("/pay?gid=...") or its bare query string.
/// Errors: invalid_argument, when gid, trans_type, branch_id or op is missing.
result<branch_context> context_from_query(std::string_view target_or_query);

/// Reads the context from anything that knows values by name; `lookup` gives "" for what it does not have. The names
/// are gid, trans_type, branch_id, op, dtm, phase2_url.
result<branch_context> context_from(const std::function<std::string(std::string_view name)>& lookup);

/// What a branch service sends back over HTTP.
struct http_answer {
  int status = 200;
  std::string body{};
  std::string content_type = "application/json";
};

/// The answer that makes the coordinator understand `outcome`: 200, 409 for refused, 425 for ongoing, 500 for all else,
/// which is repeated. A body must not say by accident the words that DTM's protocol looks for in it, so texts of errors
/// are sent without them. Of a longer text 1,000 bytes are sent.
http_answer to_http_answer(const result<void>& outcome, std::string success_body = R"({"dtm_result":"SUCCESS"})");

}  // namespace treaty::client
