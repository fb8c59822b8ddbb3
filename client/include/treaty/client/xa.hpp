#pragma once

#include <functional>
#include <string>

#include "treaty/client/branch_ids.hpp"
#include "treaty/client/coordinator.hpp"
#include "treaty/client/sql_session.hpp"

namespace treaty::client {

/// Two-phase commit over the XA of databases: each branch prepares its local transaction, the coordinator has all of
/// them committed or rolled back.
class xa {
public:
  xa(coordinator where, std::string gid, transaction_options options = {});

  const std::string& gid() const { return request_.gid; }

  /// Begins the transaction. If neither submit nor abort follows in time, everything is rolled back.
  /// Errors: refused, when it was given up before; duplicated, when it was submitted before.
  result<void> prepare() const;
  void async_prepare(completion<void> done) const;
  /// Calls the branch at `url`, which registers itself (see `serve_xa`); the coordinator calls the same URL for commit
  /// and rollback, without a body. Threads: one at a time.
  result<std::string> call(const std::string& url, std::string payload);
  void async_call(const std::string& url, std::string payload, completion<std::string> done);
  /// Has all branches committed. Errors: refused, when it was given up before, as after its time limit;
  ///         ongoing, with wait_result: it will be committed, and a branch has not committed yet.
  result<void> submit() const;
  void async_submit(completion<void> done) const;
  /// Has all branches rolled back. The reason is for people and may be anything; 1,000 bytes of it are kept.
  result<void> abort(const std::string& reason) const;
  void async_abort(const std::string& reason, completion<void> done) const;

private:
  coordinator where_;
  transaction_request request_;
  branch_ids ids_;
};

/// Begins an XA transaction, runs `business`, which calls the branches, and has all of them committed when it succeeds,
/// else rolled back.
result<void> run_xa(const coordinator& where, const std::string& gid, const std::function<result<void>(xa&)>& business,
                    transaction_options options = {});

/// What a branch service does with a call of an XA branch: runs `business` in an XA transaction of its own, or commits
/// or rolls back what an earlier call prepared. Takes a connection for itself and closes it: databases do not let
/// another connection end what belongs to one that is open. PostgreSQL needs max_prepared_transactions above 0.
/// Errors: those of the business, which undo it; refused: the branch was rolled back before it came; unknown.
result<void> serve_xa(const branch_context& call, const coordinator& where, const sql_connector& connect,
                      const std::function<result<void>(sql_session&)>& business);

}  // namespace treaty::client
