#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace treaty {

// All of these are stored: never renumber. Texts are the protocol's (docs/protocol.md).

enum class trans_type : std::uint8_t { saga = 1, tcc, xa, msg, workflow };
inline constexpr std::array all_trans_types{trans_type::saga, trans_type::tcc, trans_type::xa, trans_type::msg,
                                            trans_type::workflow};

enum class txn_status : std::uint8_t { prepared = 1, submitted, aborting, succeed, failed };
inline constexpr std::array all_txn_statuses{txn_status::prepared, txn_status::submitted, txn_status::aborting,
                                             txn_status::succeed, txn_status::failed};
constexpr bool is_final(txn_status status) {
  return status == txn_status::succeed || status == txn_status::failed;
}

enum class leg_status : std::uint8_t { prepared = 1, succeed, failed };

/// `named` is a workflow's own operation name, kept beside it as text.
enum class branch_op : std::uint8_t { action = 1, compensate, try_, confirm, cancel, commit, rollback, msg, named };
inline constexpr std::array all_branch_ops{branch_op::action,   branch_op::compensate, branch_op::try_,
                                           branch_op::confirm,  branch_op::cancel,     branch_op::commit,
                                           branch_op::rollback, branch_op::msg,        branch_op::named};

/// What is known after a call. `unknown` is not failure: a time-out says nothing about what the other side did.
enum class call_outcome : std::uint8_t { success = 1, failure, ongoing, unknown };
inline constexpr std::array all_call_outcomes{call_outcome::success, call_outcome::failure, call_outcome::ongoing,
                                              call_outcome::unknown};

/// How branch URLs without http(s):// are called.
enum class branch_protocol : std::uint8_t { http = 1, grpc, json_rpc };

std::string_view to_string(trans_type type);
std::string_view to_string(txn_status status);
std::string_view to_string(leg_status status);
std::string_view to_string(branch_op op);
std::string_view to_string(call_outcome outcome);
std::string_view to_string(branch_protocol protocol);

std::optional<trans_type> parse_trans_type(std::string_view text);
std::optional<txn_status> parse_txn_status(std::string_view text);
std::optional<branch_op> parse_branch_op(std::string_view text);
/// "" is http.
std::optional<branch_protocol> parse_branch_protocol(std::string_view text);

}  // namespace treaty
