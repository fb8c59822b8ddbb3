#include "examples/story/transfer.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

namespace story {
namespace {

using nlohmann::json;
using steady = std::chrono::steady_clock;

answer must(const answer& said, const std::string& what) {
  if (said.status != 200)
    throw std::runtime_error{what + " was answered with " + std::to_string(said.status) + ": " + said.body};
  return said;
}

std::string new_gid(std::uint16_t coordinator) {
  return json::parse(must(call(coordinator, "GET", "/api/dtmsvr/newGid"), "newGid").body).at("gid");
}

json saga_body(const std::string& gid, const bank& from, const bank& to, const transfer_order& order) {
  const auto payload = [&](const std::string& account) {
    return json{{"account", account}, {"amount", order.amount}}.dump();
  };
  return {{"gid", gid},
          {"trans_type", "saga"},
          {"steps",
           {{{"action", from.url("/transfer-out")}, {"compensate", from.url("/transfer-out-undo")}},
            {{"action", to.url("/transfer-in")}, {"compensate", to.url("/transfer-in-undo")}}}},
          {"payloads", {payload(order.from), payload(order.to)}}};
}

json await_end(std::uint16_t coordinator, const std::string& gid) {
  const auto deadline = steady::now() + std::chrono::seconds{30};
  while (steady::now() < deadline) {
    json record = json::parse(must(call(coordinator, "GET", "/api/dtmsvr/query?gid=" + gid), "query").body);
    const std::string status = record.at("transaction").at("status");
    if (status == "succeed" || status == "failed") return record;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  throw std::runtime_error{"the saga " + gid + " has not ended after 30 seconds"};
}

branch_row read_row(const json& row, const std::string& gid, const bank& from, const bank& to) {
  branch_row out{row.at("branch_id"), row.at("op"), row.at("url"), row.at("status"), {}};
  const bool is_first = out.branch == "01";
  out.called = std::string{is_first ? "bank A " : "bank B "} + out.called.substr(out.called.find('/', 7));
  for (const entry& one : (is_first ? from : to).entries(gid))
    if (one.branch == out.branch && one.op == out.op) out.calls.push_back(one);
  return out;
}

}  // namespace

transfer_outcome run_transfer(std::uint16_t coordinator, const bank& from, const bank& to,
                              const transfer_order& order) {
  transfer_outcome out;
  out.gid = new_gid(coordinator);
  out.submitted = steady::now();
  must(call(coordinator, "POST", "/api/dtmsvr/submit", saga_body(out.gid, from, to, order).dump()), "submit");
  const json record = await_end(coordinator, out.gid);
  out.took = steady::now() - out.submitted;
  out.status = record.at("transaction").at("status");
  out.reason = record.at("transaction").value("rollback_reason", "");
  for (const json& row : record.at("branches")) out.rows.push_back(read_row(row, out.gid, from, to));
  return out;
}

}  // namespace story
