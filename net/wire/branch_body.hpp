#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "core/answer.hpp"
#include "core/base/result.hpp"
#include "core/event.hpp"

namespace treaty {

/// What a client says when it registers a branch (docs/protocol.md, "registerBranch").
struct branch_body {
  treaty::gid gid;
  std::string trans_type;
  std::string branch_id;
  std::map<std::string, std::string> data;  // tcc: confirm, cancel; xa: url; workflow: op, status
  std::string payload;
  std::chrono::seconds request_timeout{0};  // tcc, xa: of the branch's calls; 0: the transaction's
};

/// Reads the JSON body: a flat object, all of whose values are texts (request_timeout may be a number); null is absent.
/// `data` is the payload. The gid is as it was sent. Errors: invalid_argument; the detail names the field.
result<branch_body> parse_branch_body(std::string_view json);

/// The rows that the type keeps of a branch, in stored order: tcc cancel and confirm, xa rollback and commit, workflow
/// the one that is named.
/// Errors: invalid_argument.
result<register_requested> make_registration(branch_body body);

/// What a registration hears when its gid cannot be that of a prepared transaction.
answer no_such_prepared(const gid& id);

}  // namespace treaty
