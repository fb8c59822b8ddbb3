#include "tests/client/bank.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "tests/kit/eventually.hpp"
#include "treaty/client/mysql.hpp"
#include "treaty/client/postgresql.hpp"

namespace treaty::client::test {
namespace {

/// What our README tells users to create: its piece of SQL for that database, statement by statement.
std::vector<std::string> barrier_schema_of(kit::database_kind kind) {
  std::ifstream readme{TREATY_CLIENT_README};
  const std::string text{std::istreambuf_iterator<char>{readme}, {}};
  constexpr std::string_view begin = "```sql\n";
  auto at = text.find(begin);
  if (kind == kit::database_kind::postgresql) at = text.find(begin, at + 1);
  if (at == std::string::npos) throw std::runtime_error{"the README has no SQL for this database"};
  at += begin.size();
  std::istringstream piece{text.substr(at, text.find("```", at) - at)};
  std::vector<std::string> statements;
  for (std::string one; std::getline(piece, one, ';');) {
    if (one.find_first_not_of(" \n") != std::string::npos) statements.push_back(one);
  }
  return statements;
}

std::vector<std::string> schema_of(kit::database_kind kind) {
  const auto barrier = barrier_schema_of(kind);
  auto statements = barrier;
  statements.insert(statements.end(), barrier.begin(), barrier.end());  // doing it again harms nothing
  statements.emplace_back(kind == kit::database_kind::mariadb ? "create database bank" : "create schema bank");
  statements.emplace_back("create table bank.account (id bigint primary key, balance bigint)");
  return statements;
}

result<std::unique_ptr<sql_session>> connect_to(kit::database_kind kind, std::uint16_t port) {
  if (kind == kit::database_kind::mariadb) return connect_mysql({.port = port});
  return connect_postgresql("host=127.0.0.1 dbname=postgres user=tester port=" + std::to_string(port));
}

template <class T>
T must(result<T> given) {
  if (!given) throw std::runtime_error{given.error().detail};
  return *std::move(given);
}

}  // namespace

bank::bank(kit::database_kind kind) : kind_{kind}, database_{kind} {
  const auto session = connect();
  for (const auto& statement : schema_of(kind)) must(session->execute(statement));
}

std::unique_ptr<sql_session> bank::connect() const {
  std::unique_ptr<sql_session> made;
  std::string why;
  // It listens a moment before it lets anyone in.
  kit::eventually([&] {
    auto session = connect_to(kind_, database_.port());
    if (!session) return why = session.error().detail, false;
    made = *std::move(session);
    return true;
  });
  if (made == nullptr) throw std::runtime_error{why};
  return made;
}

int bank::open(int balance) {
  const int account = ++accounts_;
  must(connect()->execute("insert into bank.account values (" + std::to_string(account) + ", " +
                          std::to_string(balance) + ")"));
  return account;
}

int bank::balance(int account) const {
  const auto rows = must(connect()->query("select balance from bank.account where id = " + std::to_string(account)));
  return std::stoi(rows.at(0).at(0).value());
}

result<void> bank::add(sql_session& session, int account, int amount) {
  const std::string by = std::to_string(amount);
  const auto changed = session.execute("update bank.account set balance = balance + " + by +
                                       " where id = " + std::to_string(account) + " and balance + " + by + " >= 0");
  if (!changed) return changed.error();
  if (*changed == 0) return refused("not enough money");
  return {};
}

result<void> bank::serve(const branch_context& context, const std::string& payload) const {
  int account = 0;
  int amount = 0;
  std::istringstream{payload} >> account >> amount;
  const auto session = connect();
  barrier guard{context};
  if (context.op == "msg") return guard.query_prepared(*session);
  return guard.call(*session, [&]() -> result<void> {
    if (context.op == "confirm") return {};
    return add(*session, account, undone_op(context.op).empty() ? amount : -amount);
  });
}

std::string bank::rows_of(const std::string& gid) const {
  const auto rows = must(connect()->query(
      "select concat(op, '/', barrier_id, '/', reason) as row_text from dtm_barrier.barrier where gid = '" + gid +
      "' order by row_text"));
  std::string text;
  for (const auto& row : rows) text += (text.empty() ? "" : ", ") + row.at(0).value();
  return text;
}

}  // namespace treaty::client::test
