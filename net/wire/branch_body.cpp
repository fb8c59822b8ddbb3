#include "net/wire/branch_body.hpp"

#include <memory>
#include <utility>

#include "core/lifecycle.hpp"
#include "net/call_rules.hpp"
#include "net/wire/json_reader.hpp"
#include "net/wire/own_options.hpp"

namespace treaty {
namespace {

constexpr std::string_view request_timeout_key = "request_timeout";

failure refuse(std::string detail) {
  return {errc::invalid_argument, std::move(detail)};
}

std::string take(branch_body& from, const std::string& key) {
  auto found = from.data.extract(key);
  return found ? std::move(found.mapped()) : std::string{};
}

/// All values are texts, but ours may be a number too: it is one in a step.
result<void> read_value(simdjson::dom::element value, std::string_view key, std::string& into) {
  std::int64_t count = 0;
  if (key != request_timeout_key || !value.is_number()) return read_text(value, key, into);
  if (auto read = read_count(value, key, count); !read) return read;
  into = std::to_string(count);
  return {};
}

void add_row(register_requested& to, const branch_body& body, branch_op op, std::string url, std::string payload) {
  auto row = std::make_shared<registered_branch>();
  row->id = branch_id{body.branch_id};
  row->op = op;
  row->url = std::move(url);
  row->payload = std::move(payload);
  row->request_timeout = body.request_timeout;
  to.branches.push_back(std::move(row));
}

result<register_requested> workflow_row(branch_body body) {
  register_requested out{.type = trans_type::workflow, .branches = {}};
  const std::string status = take(body, "status");
  const std::string op = take(body, "op");
  if (op.empty()) return refuse("a workflow's branch needs an op");
  if (status == to_string(leg_status::succeed)) {
    out.status = leg_status::succeed;
  } else if (status == to_string(leg_status::failed)) {
    out.status = leg_status::failed;
  } else if (status != to_string(leg_status::prepared)) {
    return refuse("a workflow's branch needs a status, succeed or failed, not '" + status + "'");
  }
  auto row = std::make_shared<registered_branch>();
  row->id = branch_id{std::move(body.branch_id)};
  row->op = parse_branch_op(op).value_or(branch_op::named);
  if (row->op == branch_op::named) row->op_name = op;
  row->payload = std::move(body.payload);
  out.branches.push_back(std::move(row));
  return out;
}

}  // namespace

result<branch_body> parse_branch_body(std::string_view json) {
  json_text text;
  TREATY_TRY(const simdjson::dom::element root, text.parse(json));
  branch_body out;
  if (root.is_null()) return out;
  simdjson::dom::object members;
  if (root.get(members) != simdjson::SUCCESS) return refuse("the body must be a JSON object");
  for (const auto [key, value] : members) {  // a map on the client's side: its keys keep their case
    if (auto read = read_value(value, key, out.data[std::string{key}]); !read) return read.error();
  }
  out.gid.value = take(out, "gid");
  out.trans_type = take(out, "trans_type");
  out.branch_id = take(out, "branch_id");
  out.payload = take(out, "data");
  return out;
}

result<register_requested> make_registration(branch_body body) {
  const auto type = parse_trans_type(body.trans_type);
  const bool registers = type == trans_type::tcc || type == trans_type::xa || type == trans_type::workflow;
  if (!registers) return refuse("unknow trans type: " + body.trans_type);  // sic: clients know it so
  if (body.branch_id.empty()) return refuse("a branch needs a branch_id");
  if (body.branch_id.size() > gid_length_max) return refuse("branch_id is longer than any nesting needs");
  if (type == trans_type::workflow) return workflow_row(std::move(body));
  TREATY_TRY(body.request_timeout, parse_seconds(take(body, std::string{request_timeout_key}), request_timeout_key));
  register_requested out{.type = *type, .branches = {}};
  if (type == trans_type::tcc) {
    add_row(out, body, branch_op::cancel, body.data["cancel"], body.payload);
    add_row(out, body, branch_op::confirm, body.data["confirm"], body.payload);
  } else {
    add_row(out, body, branch_op::rollback, body.data["url"], {});
    add_row(out, body, branch_op::commit, body.data["url"], {});
  }
  for (const auto& row : out.branches)
    if (auto callable = check_callable(row->url); !callable) return callable.error();
  return out;
}

answer no_such_prepared(const gid& id) {
  txn_state none;
  none.gid = id;
  return refuse_register(none);
}

}  // namespace treaty
