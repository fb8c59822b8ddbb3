#pragma once

#include <memory>
#include <string>

#include "treaty/client/sql_session.hpp"

struct pg_conn;

namespace treaty::client {

/// A connection of PostgreSQL. The handle of libpq is there for what this class does not offer.
class postgresql_session : public sql_session {
public:
  virtual pg_conn* handle() = 0;
};

/// `settings` as libpq takes them: "host=127.0.0.1 port=5432 user=app dbname=users connect_timeout=5", or a URI.
/// Errors: unknown, when there is no connection to be had.
result<std::unique_ptr<postgresql_session>> connect_postgresql(const std::string& settings);

/// A session over a connection that stays the caller's, and must live longer.
std::unique_ptr<postgresql_session> borrow_postgresql(pg_conn* connection);

}  // namespace treaty::client
