#include <mysql.h>

#include <memory>
#include <vector>

#include "client/mysql/mysql_statement.hpp"
#include "treaty/client/mysql.hpp"

namespace treaty::client {
namespace {

failure failure_of(MYSQL* connection) {
  return unknown("MySQL error " + std::to_string(mysql_errno(connection)) + ": " + mysql_error(connection));
}

struct result_closer {
  void operator()(MYSQL_RES* rows) const { mysql_free_result(rows); }
};

std::vector<sql_row> rows_of(MYSQL_RES* rows) {
  std::vector<sql_row> out;
  const unsigned columns = mysql_num_fields(rows);
  while (const MYSQL_ROW row = mysql_fetch_row(rows)) {
    const unsigned long* const lengths = mysql_fetch_lengths(rows);
    auto& fields = out.emplace_back();
    for (unsigned i = 0; i < columns; ++i) {
      row[i] == nullptr ? fields.emplace_back() : fields.emplace_back(std::string(row[i], lengths[i]));
    }
  }
  return out;
}

class session final : public mysql_session {
public:
  enum class ownership : bool { borrowed, owned };
  session(MYSQL* connection, ownership whose) : connection_{connection}, whose_{whose} {}
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session() override {
    if (whose_ == ownership::owned) mysql_close(connection_);
  }

  MYSQL* handle() override { return connection_; }
  sql_dialect dialect() const override { return sql_dialect::mysql; }

  result<std::uint64_t> execute(std::string_view sql, const std::vector<std::string>& parameters) override {
    if (!parameters.empty()) return execute_prepared(connection_, sql, parameters);
    if (mysql_real_query(connection_, sql.data(), sql.size()) != 0) return failure_of(connection_);
    // A statement that gives rows must be emptied before the next one.
    const std::unique_ptr<MYSQL_RES, result_closer> rows{mysql_store_result(connection_)};
    if (rows == nullptr && mysql_errno(connection_) != 0) return failure_of(connection_);
    return rows == nullptr ? mysql_affected_rows(connection_) : 0U;
  }

  result<std::vector<sql_row>> query(std::string_view sql, const std::vector<std::string>& parameters) override {
    if (!parameters.empty()) return query_prepared(connection_, sql, parameters);
    if (mysql_real_query(connection_, sql.data(), sql.size()) != 0) return failure_of(connection_);
    const std::unique_ptr<MYSQL_RES, result_closer> rows{mysql_store_result(connection_)};
    if (rows == nullptr && mysql_errno(connection_) != 0) return failure_of(connection_);
    return rows == nullptr ? std::vector<sql_row>{} : rows_of(rows.get());
  }

private:
  MYSQL* connection_;
  ownership whose_;
};

}  // namespace

result<std::unique_ptr<mysql_session>> connect_mysql(const mysql_options& options) {
  MYSQL* const connection = mysql_init(nullptr);
  if (connection == nullptr) return unknown("no memory for a MySQL connection");
  std::unique_ptr<mysql_session> made = std::make_unique<session>(connection, session::ownership::owned);
  ::mysql_options(connection, MYSQL_OPT_CONNECT_TIMEOUT, &options.connect_limit_seconds);
  if (mysql_real_connect(connection, options.host.c_str(), options.user.c_str(), options.password.c_str(),
                         options.database.empty() ? nullptr : options.database.c_str(), options.port, nullptr,
                         0) == nullptr) {
    return failure_of(connection);
  }
  return made;
}

std::unique_ptr<mysql_session> borrow_mysql(MYSQL* connection) {
  return std::make_unique<session>(connection, session::ownership::borrowed);
}

}  // namespace treaty::client
