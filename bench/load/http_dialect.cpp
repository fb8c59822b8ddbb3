#include "bench/load/http_dialect.hpp"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace treaty::load {
namespace {

using json = nlohmann::ordered_json;

request_template post(addressee to, const std::string& host, std::string_view target, const std::string& body) {
  request_template request;
  request.to = to;
  request.expected_status = 200;
  request.overloaded_status = 429;
  request.text =
      fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                  target, host, body.size(), body);
  find_gid(request);
  return request;
}

std::string_view route_of(asked what) {
  switch (what) {
    case asked::submit:
      return "submit";
    case asked::prepare:
      return "prepare";
    case asked::abort:
      return "abort";
    case asked::prepare_workflow:
      return "prepareWorkflow";
  }
  return "";
}

std::string text_of(const endpoint& where) {
  return fmt::format("{}:{}", where.host, where.port);
}

}  // namespace

http_dialect::http_dialect(endpoint coordinator, endpoint participants, std::size_t payload_bytes)
    : coordinator_{text_of(coordinator)}, participants_{text_of(participants)}, payload_{payload_of(payload_bytes)} {}

request_template http_dialect::ask(asked what, const transaction_text& about, answered expected) const {
  json body{{"gid", gid_mark()}, {"trans_type", about.type}};
  if (!about.custom_data.empty()) body["custom_data"] = about.custom_data;
  if (about.wait_result) body["wait_result"] = true;
  if (!about.query_prepared.empty()) body["query_prepared"] = about.query_prepared;
  if (about.succeeded) body["req_extra"] = {{"status", "succeed"}, {"rollback_reason", ""}, {"result", "cmVz"}};
  body["concurrent"] = about.custom_data.starts_with(R"({"concurrent":true)");
  if (!about.steps.empty()) {
    body["steps"] = json::parse(steps_json(about.steps));
    body["payloads"] = std::vector<std::string>(about.steps.size(), payload_);
  }
  body["protocol"] = "";
  request_template request = post_to_coordinator(route_of(what), body.dump());
  if (expected == answered::failure) request.expected_status = 409;
  return request;
}

request_template http_dialect::register_branch(const registration& one) const {
  json body{{"gid", gid_mark()}, {"trans_type", one.type}, {"branch_id", branch_id(one.branch)}, {"data", payload_}};
  if (one.confirm.empty()) {
    body["op"] = "action";
    body["status"] = "succeed";
  } else {
    body["confirm"] = one.confirm;
    body["cancel"] = one.cancel;
  }
  return post_to_coordinator("registerBranch", body.dump());
}

request_template http_dialect::call(const client_call& one) const {
  const std::string path = one.url.substr(one.url.find('/', std::string_view{"http://"}.size()));
  return post(addressee::participants, participants_,
              fmt::format("{}?branch_id={}&dtm=http%3A%2F%2F{}%2Fapi%2Fdtmsvr&gid={}&op={}&trans_type={}", path,
                          branch_id(one.branch), coordinator_, gid_mark(), one.op, one.type),
              payload_);
}

request_template http_dialect::at_floor(request_template request) const {
  const std::size_t from = request.text.find(' ') + 1;
  const std::size_t to = request.text.find(' ', from);
  const std::size_t query = std::min(request.text.find('?'), to);
  request.text.replace(from, query - from, "/floor");
  request.to = addressee::participants;
  request.expected_status = 200;
  request.gid_at.clear();
  return request;
}

std::string http_dialect::url(std::string_view how) const {
  return fmt::format("http://{}/{}", participants_, how);
}

request_template http_dialect::post_to_coordinator(std::string_view route, const std::string& body) const {
  return post(addressee::coordinator, coordinator_, fmt::format("/api/dtmsvr/{}", route), body);
}

}  // namespace treaty::load
