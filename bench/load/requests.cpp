#include "bench/load/requests.hpp"

#include <fmt/core.h>

#include <string>

namespace treaty::load {
namespace {

constexpr char gid_mark = '#';

std::string payload_of(std::size_t bytes) {
  const std::string start = R"({\"amount\":30,\"note\":\")";
  const std::size_t fixed = 22;  // without the escapes
  return bytes <= 16 ? R"({\"amount\":30})" : start + std::string(bytes > fixed ? bytes - fixed : 0, 'x') + R"(\"})";
}

request_template post(const std::string& target, const std::string& host, const std::string& body) {
  request_template request;
  request.text =
      fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                  target, host, body.size(), body);
  request.gid_at = request.text.find(std::string(saga_board::gid_size, gid_mark));
  return request;
}

struct step {
  std::string action;
  std::string compensate;
};

std::string saga_body(const load_options& options, const std::vector<step>& steps) {
  std::string step_list;
  std::string payloads;
  for (const step& one : steps) {
    const char* const comma = step_list.empty() ? "" : ",";
    step_list += fmt::format(R"({}{{"action":"{}","compensate":"{}"}})", comma, one.action, one.compensate);
    payloads += fmt::format(R"({}"{}")", comma, payload_of(options.payload_bytes));
  }
  const bool concurrent = options.order == saga_order::concurrent;
  return fmt::format(
      R"({{"gid":"{}","trans_type":"saga",{}{}"concurrent":{},"steps":[{}],"payloads":[{}],"protocol":""}})",
      std::string(saga_board::gid_size, gid_mark),
      concurrent ? R"("custom_data":"{\"concurrent\":true,\"orders\":{}}",)" : "",
      options.wait_result ? R"("wait_result":true,)" : "", concurrent, step_list, payloads);
}

work_plan submit_plan(const load_options& options, const endpoint& coordinator, const std::vector<step>& steps) {
  const std::string host = coordinator.host + ":" + std::to_string(coordinator.port);
  work_plan plan;
  plan.to = coordinator;
  plan.requests.push_back(post("/api/dtmsvr/submit", host, saga_body(options, steps)));
  return plan;
}

}  // namespace

work_plan saga_plan(const load_options& options, const endpoint& coordinator, std::uint16_t participants_port) {
  const std::string base = fmt::format("http://{}:{}", options.advertise, participants_port);
  std::vector<step> steps(options.branches, step{base + "/ok", base + "/undo"});
  const bool rollback = options.outcome == saga_outcome::rollback;
  if (rollback) steps.back().action = base + "/refuse";
  work_plan plan = submit_plan(options, coordinator, steps);
  plan.expected_status = rollback && options.wait_result ? 409 : 200;
  return plan;
}

work_plan stuck_plan(const load_options& options, const endpoint& coordinator, std::uint16_t refusing_port) {
  const std::string url = fmt::format("http://{}:{}/nobody", options.advertise, refusing_port);
  load_options plain = options;
  plain.wait_result = false;
  work_plan plan = submit_plan(plain, coordinator, {step{url, url}});
  plan.until_branches_called = false;
  plan.limit = options.stuck;
  return plan;
}

work_plan floor_plan(const load_options& options, std::uint16_t participants_port) {
  work_plan plan;
  plan.to = endpoint{"127.0.0.1", participants_port};
  plan.until_branches_called = false;
  const std::string url = fmt::format("http://127.0.0.1:{}/ok", participants_port);
  const std::string submit = saga_body(options, std::vector<step>(options.branches, step{url, url}));
  plan.requests.push_back(post("/floor", "127.0.0.1", submit));
  plan.requests.back().gid_at = std::string::npos;
  for (std::size_t branch = 0; branch < options.branches; ++branch)
    plan.requests.push_back(post(fmt::format("/floor?branch_id={:02}&gid=g&op=action&trans_type=saga", branch + 1),
                                 "127.0.0.1", R"({"amount":30})"));
  return plan;
}

}  // namespace treaty::load
