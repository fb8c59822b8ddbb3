#pragma once

#include <functional>
#include <string>

#include "treaty/client/branch_context.hpp"
#include "treaty/client/sql_session.hpp"

namespace treaty::client {

/// The sub-transaction barrier: makes the business of a branch happen at most once, never after it was undone, and
/// never be undone when it did not happen. It keeps one row for each call in the table dtm_barrier.barrier of the
/// database the business itself writes to, in one transaction with it; barriers of other languages read and write the
/// same rows.
///
/// One object serves one call of a branch. Several pieces of business behind it are told apart by their order.
class barrier {
public:
  explicit barrier(branch_context context) : context_{std::move(context)} {}

  /// Begins a transaction on `session`, runs `business` in it unless it must not run, and commits; rolls back when the
  /// business fails or throws. Success without running it: a repetition, an undo of what never happened, or what comes
  /// after its undo.
  /// Errors: those of the business; unknown: of the database, also of the commit, which may have happened;
  ///         duplicated: the business of a message was done or given up before (only with op msg).
  result<void> call(sql_session& session, const std::function<result<void>()>& business);

  /// Whether the local transaction of a message's sender was committed; if it was not by now, it never will be.
  /// The answer to the coordinator's question: success, or refused.
  result<void> query_prepared(sql_session& session) const;

  const branch_context& context() const { return context_; }
  /// Where the rows are, if not in dtm_barrier.barrier.
  void use_table(std::string name) { table_ = std::move(name); }
  /// The number of the next piece of business, "01", "02" and so on, for barriers over other stores.
  std::string next_id();

private:
  branch_context context_;
  std::string table_ = "dtm_barrier.barrier";
  int calls_ = 0;
};

/// The op that `op` undoes, "" when it undoes nothing.
std::string_view undone_op(std::string_view op);

}  // namespace treaty::client
