#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tests/kit/database_process.hpp"
#include "treaty/client/barrier.hpp"

namespace treaty::client::test {

/// Accounts in a real SQL database beside the barrier's table, laid out as client/README.md has it.
/// Throws std::runtime_error when the database does not do what it is told.
class bank {
public:
  explicit bank(kit::database_kind kind);

  /// A connection of its own; waits until the database lets it in.
  std::unique_ptr<sql_session> connect() const;
  std::uint16_t port() const { return database_.port(); }
  /// A new account with that balance.
  int open(int balance);
  int balance(int account) const;
  /// Changes a balance in the transaction that is open on `session`; refused when there would be less than nothing.
  static result<void> add(sql_session& session, int account, int amount);
  /// "account amount" behind the barrier, with the amount taken back when the op undoes something.
  result<void> serve(const branch_context& context, const std::string& payload) const;
  /// "op/barrier_id/reason" of each row of that transaction, sorted.
  std::string rows_of(const std::string& gid) const;

private:
  kit::database_kind kind_;
  kit::database_process database_;
  int accounts_ = 0;
};

}  // namespace treaty::client::test
