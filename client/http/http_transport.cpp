#include "client/http/http_transport.hpp"

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "client/http/http_outcome.hpp"
#include "client/src/query_string.hpp"
#include "client/src/request_json.hpp"

namespace treaty::client {
namespace {

std::string_view name_of(transaction_verb verb) {
  switch (verb) {
    case transaction_verb::prepare:
      return "prepare";
    case transaction_verb::submit:
      return "submit";
    case transaction_verb::abort:
      return "abort";
  }
  return {};
}

std::string url_of(const branch_call& call, const std::string& coordinator) {
  std::string url = call.url;
  add_query_value(url, "branch_id", call.context.branch_id);
  add_query_value(url, "dtm", coordinator);
  add_query_value(url, "gid", call.context.gid);
  add_query_value(url, "op", call.context.op);
  if (!call.context.phase2_url.empty()) add_query_value(url, "phase2_url", call.context.phase2_url);
  add_query_value(url, "trans_type", call.context.trans_type);
  return url;
}

completion<std::string> without_value(completion<void> done) {
  return [done = std::move(done)](const result<std::string>& answer) { answer ? done({}) : done(answer.error()); };
}

}  // namespace

http_transport::http_transport(std::string base_url, http_options options)
    : base_url_{std::move(base_url)}, options_{std::move(options)}, client_{options_.idle_connections_max} {
  while (!base_url_.empty() && base_url_.back() == '/') base_url_.pop_back();
}

void http_transport::new_gid(completion<std::string> done) {
  ask("GET", "newGid", std::string{}, {}, [done = std::move(done)](result<std::string> body) {
    if (!body) return done(std::move(body));
    const auto answer = nlohmann::json::parse(*body, nullptr, /*allow_exceptions=*/false);
    const auto gid = answer.is_object() ? answer.find("gid") : answer.end();
    const bool has_one = answer.is_object() && gid != answer.end() && gid->is_string();
    has_one ? done(gid->get<std::string>()) : done(unknown("the coordinator's answer has no gid: " + *body));
  });
}

void http_transport::send(transaction_verb verb, transaction_request request, completion<void> done) {
  ask("POST", name_of(verb), transaction_json(request, protocol()), request.options.request_timeout,
      without_value(std::move(done)));
}

void http_transport::register_branch(branch_registration branch, completion<void> done) {
  ask("POST", "registerBranch", registration_json(branch), branch.request_timeout, without_value(std::move(done)));
}

void http_transport::prepare_workflow(transaction_request request, completion<workflow_record> done) {
  ask("POST", "prepareWorkflow", transaction_json(request, protocol()), request.options.request_timeout,
      [done = std::move(done)](const result<std::string>& body) {
        body ? done(parse_workflow_record(*body)) : done(body.error());
      });
}

void http_transport::ask(std::string method, std::string_view operation, result<std::string> body,
                         std::chrono::seconds limit, completion<std::string> done) {
  if (!body) return done(body.error());
  http_request request{std::move(method), base_url_ + "/" + std::string{operation}, options_.headers, *std::move(body),
                       limit.count() > 0 ? limit : options_.call_limit};
  request.headers.try_emplace("Content-Type", "application/json");
  // It is trusted, and gives back at once what it took bit by bit: without all of it, a workflow could never go on.
  request.answer_bytes_max = std::numeric_limits<std::uint64_t>::max();
  client_.send(std::move(request),
               [done = std::move(done), who = "the coordinator's " + std::string{operation}](result<http_reply> reply) {
                 reply ? done(coordinator_outcome_of(*std::move(reply), who)) : done(reply.error());
               });
}

void http_transport::call(branch_call call, completion<std::string> done) {
  if (call.url.empty()) return done(std::string{});  // nothing to do is success, as for the coordinator
  const bool is_question = call.context.op == "msg" && call.payload.empty();
  http_request request{is_question ? "GET" : "POST", url_of(call, base_url_), std::move(call.headers),
                       std::move(call.payload), call.limit.count() > 0 ? call.limit : options_.call_limit};
  request.headers.try_emplace("Content-Type", "application/json");
  client_.send(std::move(request),
               [done = std::move(done), who = std::move(call.url), words = call.words](result<http_reply> reply) {
                 reply ? done(outcome_of(*std::move(reply), who, words)) : done(reply.error());
               });
}

coordinator http_coordinator(std::string base_url, http_options options) {
  return coordinator{std::make_shared<http_transport>(std::move(base_url), std::move(options))};
}

}  // namespace treaty::client
