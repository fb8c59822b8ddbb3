#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/definition.hpp"

namespace treaty {

/// What a client says about a transaction, on any transport, before anything was checked against the rest
/// (docs/protocol.md, "The transaction body").
struct trans_body {
  treaty::gid gid;
  std::string trans_type;
  std::string protocol;
  std::vector<step> steps;
  std::vector<std::string> payloads;  // raw bytes
  std::string query_prepared;
  std::string custom_data;
  std::string rollback_reason;
  std::map<std::string, std::string> req_extra;  // a workflow's end: status, rollback_reason, result
  txn_options options;
};

/// Over HTTP a gid loses the bytes that could split a line; over other transports it is taken as it is.
enum class gid_form : std::uint8_t { stripped = 1, as_sent };

/// Without CR, LF and ';'.
gid stripped_gid(std::string_view text);

/// Longer spans mean "never" and become this.
inline constexpr std::chrono::seconds span_max{10LL * 365 * 86'400};

/// Reads the JSON body. Names in any case, null is absent, unknown names are ignored, of equal names the last counts.
/// Non-empty `steps[].data` (the old form) follow the payloads.
/// Errors: invalid_argument; the detail names the field.
result<trans_body> parse_trans_body(std::string_view json, gid_form form = gid_form::stripped);

/// Reads a JSON array of steps, as gRPC requests carry it; "" and "null" are none. Payloads: `data`, where not empty.
result<void> parse_steps(std::string_view json, trans_body& into);

/// The gid of a request, when one transaction can have it. Errors: invalid_argument ("key required", or too long).
result<void> check_gid(const gid& id);

/// Checks the whole and makes what the machines take. Everything that would fail later fails here, before anything is
/// stored: gid, type, protocol, a payload for each step, and what the type's custom_data says.
/// Errors: invalid_argument.
result<std::shared_ptr<const txn_definition>> make_definition(trans_body body);

}  // namespace treaty
