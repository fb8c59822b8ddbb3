#include "core/model/status.hpp"

namespace treaty {

std::string_view to_string(trans_type type) {
  switch (type) {
    case trans_type::saga:
      return "saga";
    case trans_type::tcc:
      return "tcc";
    case trans_type::xa:
      return "xa";
    case trans_type::msg:
      return "msg";
    case trans_type::workflow:
      return "workflow";
  }
  return "unnamed";
}

std::string_view to_string(txn_status status) {
  switch (status) {
    case txn_status::prepared:
      return "prepared";
    case txn_status::submitted:
      return "submitted";
    case txn_status::aborting:
      return "aborting";
    case txn_status::succeed:
      return "succeed";
    case txn_status::failed:
      return "failed";
  }
  return "unnamed";
}

std::string_view to_string(leg_status status) {
  switch (status) {
    case leg_status::prepared:
      return "prepared";
    case leg_status::succeed:
      return "succeed";
    case leg_status::failed:
      return "failed";
  }
  return "unnamed";
}

std::string_view to_string(branch_op op) {
  switch (op) {
    case branch_op::action:
      return "action";
    case branch_op::compensate:
      return "compensate";
    case branch_op::try_:
      return "try";
    case branch_op::confirm:
      return "confirm";
    case branch_op::cancel:
      return "cancel";
    case branch_op::commit:
      return "commit";
    case branch_op::rollback:
      return "rollback";
    case branch_op::msg:
      return "msg";
    case branch_op::named:
      return "named";
  }
  return "unnamed";
}

std::string_view to_string(call_outcome outcome) {
  switch (outcome) {
    case call_outcome::success:
      return "success";
    case call_outcome::failure:
      return "failure";
    case call_outcome::ongoing:
      return "ongoing";
    case call_outcome::unknown:
      return "unknown";
  }
  return "unnamed";
}

std::string_view to_string(branch_protocol protocol) {
  switch (protocol) {
    case branch_protocol::http:
      return "http";
    case branch_protocol::grpc:
      return "grpc";
    case branch_protocol::json_rpc:
      return "json-rpc";
  }
  return "unnamed";
}

namespace {

template <class Enum, std::size_t Count>
std::optional<Enum> find_by_text(const std::array<Enum, Count>& all, std::string_view text) {
  for (const Enum one : all) {
    if (to_string(one) == text) return one;
  }
  return std::nullopt;
}

}  // namespace

std::optional<trans_type> parse_trans_type(std::string_view text) {
  return find_by_text(all_trans_types, text);
}

std::optional<txn_status> parse_txn_status(std::string_view text) {
  return find_by_text(all_txn_statuses, text);
}

std::optional<branch_op> parse_branch_op(std::string_view text) {
  return find_by_text(all_branch_ops, text);
}

std::optional<branch_protocol> parse_branch_protocol(std::string_view text) {
  if (text.empty()) return branch_protocol::http;
  return find_by_text(std::array{branch_protocol::http, branch_protocol::grpc, branch_protocol::json_rpc}, text);
}

}  // namespace treaty
