#pragma once

#include <functional>

#include "treaty/client/branch_context.hpp"
#include "treaty/client/sql_session.hpp"

namespace treaty::client {

/// Runs `business` in an XA transaction of that branch and prepares it, or rolls it back when the business fails.
result<void> prepare_xa(const branch_context& branch, const sql_connector& connect,
                        const std::function<result<void>(sql_session&)>& business);

/// Commits or rolls back, as `branch.op` says, what `prepare_xa` prepared. What is not there was ended before.
result<void> end_xa(const branch_context& branch, const sql_connector& connect);

}  // namespace treaty::client
