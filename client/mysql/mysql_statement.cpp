#include "client/mysql/mysql_statement.hpp"

#include <mysql.h>

#include <memory>

namespace treaty::client {
namespace {

struct statement_closer {
  void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
};
using statement = std::unique_ptr<MYSQL_STMT, statement_closer>;

struct metadata_closer {
  void operator()(MYSQL_RES* metadata) const { mysql_free_result(metadata); }
};

failure failure_of(MYSQL_STMT* of) {
  return unknown("MySQL error " + std::to_string(mysql_stmt_errno(of)) + ": " + mysql_stmt_error(of));
}

/// A parameter as libmariadb takes it, which reads it only and still asks for what could be written.
MYSQL_BIND bind_of(const std::string& parameter) {
  MYSQL_BIND bind{};
  bind.buffer_type = MYSQL_TYPE_STRING;
  bind.buffer = const_cast<char*>(parameter.data());
  bind.buffer_length = parameter.size();
  return bind;
}

result<statement> run(MYSQL* connection, std::string_view sql, const std::vector<std::string>& parameters) {
  statement made{mysql_stmt_init(connection)};
  if (made == nullptr) return unknown("no memory for a MySQL statement");
  const my_bool measure = 1;  // so that each column's buffer can have the right size
  mysql_stmt_attr_set(made.get(), STMT_ATTR_UPDATE_MAX_LENGTH, &measure);
  if (mysql_stmt_prepare(made.get(), sql.data(), sql.size()) != 0) return failure_of(made.get());
  if (mysql_stmt_param_count(made.get()) != parameters.size()) {
    return invalid("the statement has another number of parameters: " + std::string{sql});
  }
  std::vector<MYSQL_BIND> binds;
  for (const auto& parameter : parameters) binds.push_back(bind_of(parameter));
  if (mysql_stmt_bind_param(made.get(), binds.data()) != 0) return failure_of(made.get());
  if (mysql_stmt_execute(made.get()) != 0) return failure_of(made.get());
  return made;
}

/// One row's buffers, bound to a statement.
struct row_buffers {
  explicit row_buffers(MYSQL_RES* metadata)
      : count{mysql_num_fields(metadata)}, texts(count), lengths(count), nulls(count), binds(count) {
    for (unsigned i = 0; i < count; ++i) {
      texts[i].resize(mysql_fetch_field_direct(metadata, i)->max_length + 1);
      binds[i].buffer_type = MYSQL_TYPE_STRING;
      binds[i].buffer = texts[i].data();
      binds[i].buffer_length = texts[i].size();
      binds[i].length = &lengths[i];
      binds[i].is_null = &nulls[i];
    }
  }
  sql_row row() const {
    sql_row out;
    for (unsigned i = 0; i < count; ++i) {
      nulls[i] != 0 ? out.emplace_back() : out.emplace_back(texts[i].substr(0, lengths[i]));
    }
    return out;
  }

  unsigned count;
  std::vector<std::string> texts;
  std::vector<unsigned long> lengths;
  std::vector<my_bool> nulls;
  std::vector<MYSQL_BIND> binds;
};

}  // namespace

result<std::uint64_t> execute_prepared(MYSQL* connection, std::string_view sql,
                                       const std::vector<std::string>& parameters) {
  const auto ran = run(connection, sql, parameters);
  if (!ran) return ran.error();
  return mysql_stmt_affected_rows(ran->get());
}

result<std::vector<sql_row>> query_prepared(MYSQL* connection, std::string_view sql,
                                            const std::vector<std::string>& parameters) {
  const auto ran = run(connection, sql, parameters);
  if (!ran) return ran.error();
  MYSQL_STMT* const rows = ran->get();
  if (mysql_stmt_store_result(rows) != 0) return failure_of(rows);
  const std::unique_ptr<MYSQL_RES, metadata_closer> metadata{mysql_stmt_result_metadata(rows)};
  if (metadata == nullptr) return std::vector<sql_row>{};
  row_buffers buffers{metadata.get()};
  if (mysql_stmt_bind_result(rows, buffers.binds.data()) != 0) return failure_of(rows);
  std::vector<sql_row> out;
  for (;;) {
    const int fetched = mysql_stmt_fetch(rows);
    if (fetched == MYSQL_NO_DATA) return out;
    if (fetched != 0) return failure_of(rows);
    out.push_back(buffers.row());
  }
}

}  // namespace treaty::client
