#include <libpq-fe.h>

#include <charconv>
#include <memory>
#include <vector>

#include "treaty/client/postgresql.hpp"

namespace treaty::client {
namespace {

struct result_closer {
  void operator()(PGresult* given) const { PQclear(given); }
};
using answer = std::unique_ptr<PGresult, result_closer>;

result<std::vector<sql_row>> rows_of(const PGresult* given) {
  std::vector<sql_row> rows(static_cast<std::size_t>(PQntuples(given)));
  for (int row = 0; row < PQntuples(given); ++row) {
    for (int column = 0; column < PQnfields(given); ++column) {
      auto& fields = rows[static_cast<std::size_t>(row)];
      if (PQgetisnull(given, row, column) != 0) {
        fields.emplace_back();
      } else {
        fields.emplace_back(
            std::string(PQgetvalue(given, row, column), static_cast<std::size_t>(PQgetlength(given, row, column))));
      }
    }
  }
  return rows;
}

/// A transaction in which a statement failed cannot be committed or prepared: PostgreSQL then rolls it back and calls
/// that a success. Its answer to those statements alone tells.
bool is_silent_rollback(std::string_view sql, std::string_view answered) {
  return answered == "ROLLBACK" && (sql.substr(0, 6) == "commit" || sql.substr(0, 19) == "prepare transaction");
}

class session final : public postgresql_session {
public:
  enum class ownership : bool { borrowed, owned };
  session(PGconn* connection, ownership whose) : connection_{connection}, whose_{whose} {}
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session() override {
    if (whose_ == ownership::owned) PQfinish(connection_);
  }

  PGconn* handle() override { return connection_; }
  sql_dialect dialect() const override { return sql_dialect::postgresql; }

  result<std::uint64_t> execute(std::string_view sql, const std::vector<std::string>& parameters) override {
    const auto given = run(sql, parameters);
    if (!given) return given.error();
    const std::string_view changed = PQcmdTuples(given->get());  // "" for statements that change no rows
    std::uint64_t rows = 0;
    std::from_chars(changed.data(), changed.data() + changed.size(), rows);
    return rows;
  }

  result<std::vector<sql_row>> query(std::string_view sql, const std::vector<std::string>& parameters) override {
    const auto given = run(sql, parameters);
    if (!given) return given.error();
    return rows_of(given->get());
  }

private:
  result<answer> run(std::string_view sql, const std::vector<std::string>& parameters) {
    std::vector<const char*> values;
    for (const auto& parameter : parameters) {
      if (parameter.find('\0') != std::string::npos) return invalid("PostgreSQL takes no text with a zero byte");
      values.push_back(parameter.c_str());
    }
    answer given{PQexecParams(connection_, std::string{sql}.c_str(), static_cast<int>(values.size()), nullptr,
                              values.data(), nullptr, nullptr, /*resultFormat=*/0)};
    const ExecStatusType status = PQresultStatus(given.get());
    if (is_silent_rollback(sql, PQcmdStatus(given.get()))) {
      return unknown("PostgreSQL: a statement of the transaction had failed, so it was rolled back");
    }
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return given;
    return unknown(std::string{"PostgreSQL: "} + PQerrorMessage(connection_));
  }

  PGconn* connection_;
  ownership whose_;
};

}  // namespace

result<std::unique_ptr<postgresql_session>> connect_postgresql(const std::string& settings) {
  std::unique_ptr<postgresql_session> made =
      std::make_unique<session>(PQconnectdb(settings.c_str()), session::ownership::owned);
  if (PQstatus(made->handle()) != CONNECTION_OK) {
    return unknown(std::string{"PostgreSQL: "} + PQerrorMessage(made->handle()));
  }
  return made;
}

std::unique_ptr<postgresql_session> borrow_postgresql(PGconn* connection) {
  return std::make_unique<session>(connection, session::ownership::borrowed);
}

}  // namespace treaty::client
