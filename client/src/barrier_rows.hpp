#pragma once

#include <string>
#include <string_view>

#include "treaty/client/branch_context.hpp"
#include "treaty/client/sql_session.hpp"

namespace treaty::client {

inline constexpr const char* default_barrier_table = "dtm_barrier.barrier";

/// A row of the barrier's table, besides what the context of the call says.
struct barrier_row {
  std::string_view branch_id;
  std::string_view op;
  std::string_view barrier_id;
  std::string_view reason;
};

/// Whether the row is new; it is not when the key was there. Waits for another transaction that holds the key.
result<bool> insert_barrier_row(sql_session& session, const std::string& table, const branch_context& context,
                                const barrier_row& row);

/// The reason that stands in the row with that key; "" when there is no row.
result<std::string> barrier_reason(sql_session& session, const std::string& table, const std::string& gid,
                                   const barrier_row& key);

}  // namespace treaty::client
