#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "treaty/client/mysql.hpp"

namespace treaty::client {

/// Statements with parameters, which are prepared, run once and closed.
result<std::uint64_t> execute_prepared(st_mysql* connection, std::string_view sql,
                                       const std::vector<std::string>& parameters);
result<std::vector<sql_row>> query_prepared(st_mysql* connection, std::string_view sql,
                                            const std::vector<std::string>& parameters);

}  // namespace treaty::client
