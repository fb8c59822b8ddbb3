#include "client/src/request_json.hpp"

#include <nlohmann/json.hpp>

#include "client/src/base64.hpp"

namespace treaty::client {
namespace {

using nlohmann::json;

result<std::string> text_of(const json& value) {
  try {
    return value.dump();
  } catch (const json::exception& why) {
    return invalid(std::string{"what is sent over HTTP must be UTF-8: "} + why.what());
  }
}

json steps_of(const std::vector<transaction_step>& steps) {
  auto out = json::array();
  for (const auto& step : steps) {
    json one{{"action", step.action}};
    if (!step.compensate.empty()) one["compensate"] = step.compensate;
    if (step.request_timeout.count() != 0) one["request_timeout"] = std::to_string(step.request_timeout.count());
    out.push_back(std::move(one));
  }
  return out;
}

void put(json& body, const char* name, const std::string& value) {
  if (!value.empty()) body[name] = value;
}
void put(json& body, const char* name, std::int64_t value) {
  if (value != 0) body[name] = value;
}

void put_options(json& body, const transaction_options& options) {
  if (options.wait_result) body["wait_result"] = true;
  if (options.concurrent) body["concurrent"] = true;
  put(body, "timeout_to_fail", options.timeout_to_fail.count());
  put(body, "request_timeout", options.request_timeout.count());
  put(body, "retry_interval", options.retry_interval.count());
  put(body, "retry_limit", options.retry_limit);
  if (!options.branch_headers.empty()) body["branch_headers"] = options.branch_headers;
  put(body, "retry_interval_max", options.retry_interval_max.count());
  if (options.retry_growth) body["retry_growth"] = *options.retry_growth;
  if (options.retry_jitter) body["retry_jitter"] = *options.retry_jitter;
  put(body, "notify_url", options.notify_url);
}

/// A member that is a text; "" when it is absent or something else.
std::string text_in(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

}  // namespace

result<std::string> transaction_json(const transaction_request& request, std::string_view protocol) {
  json body{{"gid", request.gid}, {"trans_type", request.trans_type}};
  put_options(body, request.options);
  if (!request.steps.empty()) body["steps"] = steps_of(request.steps);
  if (!request.payloads.empty()) body["payloads"] = request.payloads;
  put(body, "query_prepared", request.query_prepared);
  put(body, "custom_data", request.custom_data);
  put(body, "rollback_reason", request.rollback_reason);
  if (!request.extra.empty()) body["req_extra"] = request.extra;
  body["protocol"] = protocol;
  return text_of(body);
}

result<std::string> registration_json(const branch_registration& branch) {
  json body{{"gid", branch.gid}, {"trans_type", branch.trans_type}, {"branch_id", branch.branch_id}};
  for (const auto& [name, value] : branch.data) body[name] = value;
  put(body, "data", branch.payload);
  return text_of(body);
}

result<std::string> steps_json(const std::vector<transaction_step>& steps) {
  return text_of(steps_of(steps));
}

result<workflow_record> parse_workflow_record(const std::string& body) {
  const auto answer = json::parse(body, nullptr, /*allow_exceptions=*/false);
  const auto transaction = answer.is_object() ? answer.find("transaction") : answer.end();
  if (!answer.is_object() || transaction == answer.end() || !transaction->is_object()) {
    return unknown("the coordinator's answer to prepareWorkflow is not understood: " + body);
  }
  workflow_record record{text_in(*transaction, "status"),
                         text_in(*transaction, "rollback_reason"),
                         from_base64(text_in(*transaction, "result")),
                         {}};
  const auto progresses = answer.find("progresses");
  if (progresses == answer.end() || !progresses->is_array()) return record;
  for (const auto& one : *progresses) {
    if (!one.is_object()) continue;
    record.progresses.push_back(
        {text_in(one, "branch_id"), text_in(one, "op"), text_in(one, "status"), from_base64(text_in(one, "bin_data"))});
  }
  return record;
}

}  // namespace treaty::client
