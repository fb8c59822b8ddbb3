#pragma once

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
  txn_options options;
};

/// Longer spans mean "never" and become this.
inline constexpr std::chrono::seconds span_max{10LL * 365 * 86'400};

/// Reads the JSON body. Names in any case, null is absent, unknown names are ignored, of equal names the last counts.
/// The gid loses CR, LF and ';'; non-empty `steps[].data` (the old form) follow the payloads.
/// Errors: invalid_argument; the detail names the field.
result<trans_body> parse_trans_body(std::string_view json);

/// Reads a JSON array of steps, as gRPC requests carry it; "" and "null" are none. Payloads: `data`, where not empty.
result<void> parse_steps(std::string_view json, trans_body& into);

/// The gid of a request, when one transaction can have it. Errors: invalid_argument ("key required", or too long).
result<void> check_gid(const gid& id);

/// Checks the whole and makes what the machines take. Everything that would fail later fails here, before anything is
/// stored: gid, type, protocol, a payload for each step, a saga's plan.
/// Errors: invalid_argument; unsupported (a type of the protocol that is not implemented yet).
result<std::shared_ptr<const txn_definition>> make_definition(trans_body body);

}  // namespace treaty
