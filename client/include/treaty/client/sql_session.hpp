#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "treaty/client/result.hpp"

namespace treaty::client {

enum class sql_dialect : std::uint8_t { mysql, postgresql };

using sql_row = std::vector<std::optional<std::string>>;

/// One connection of a SQL database: what the barrier and XA need, and enough for simple business. Not thread-safe.
/// Statements with parameters are prepared; MySQL marks a parameter `?`, PostgreSQL `$1`.
/// Errors: unknown, with the database's text. A broken connection stays broken: take a new one.
class sql_session {
public:
  virtual ~sql_session() = default;
  virtual sql_dialect dialect() const = 0;
  /// The number of rows that were changed; of an update in MySQL, of those that really differ.
  virtual result<std::uint64_t> execute(std::string_view sql, const std::vector<std::string>& parameters = {}) = 0;
  virtual result<std::vector<sql_row>> query(std::string_view sql, const std::vector<std::string>& parameters = {}) = 0;
};

/// Gives a new connection.
using sql_connector = std::function<result<std::unique_ptr<sql_session>>()>;

}  // namespace treaty::client
