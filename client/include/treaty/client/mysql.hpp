#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "treaty/client/sql_session.hpp"

struct st_mysql;

namespace treaty::client {

struct mysql_options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 3306;
  std::string user = "root";
  std::string password{};
  std::string database{};
  unsigned connect_limit_seconds = 5;
};

/// A connection of MySQL or MariaDB. The handle of libmariadb is there for what this class does not offer.
class mysql_session : public sql_session {
public:
  virtual st_mysql* handle() = 0;
};

/// Errors: unknown, when there is no connection to be had.
result<std::unique_ptr<mysql_session>> connect_mysql(const mysql_options& options);

/// A session over a connection that stays the caller's, and must live longer.
std::unique_ptr<mysql_session> borrow_mysql(st_mysql* connection);

}  // namespace treaty::client
