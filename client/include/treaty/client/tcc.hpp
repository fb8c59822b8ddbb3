#pragma once

#include <functional>
#include <string>

#include "treaty/client/branch_ids.hpp"
#include "treaty/client/coordinator.hpp"

namespace treaty::client {

/// One branch of a TCC transaction: the URLs of its three calls, and the body that all of them get.
struct tcc_branch {
  std::string try_url;
  std::string confirm_url;
  std::string cancel_url;
  std::string payload{};
  std::chrono::seconds request_timeout{0};  // limit of a confirm or cancel (Treaty only)
};

/// Try, then confirm or cancel: branches that reserve first. `run_tcc` does all of it; the single steps are here for
/// those who call back or await.
class tcc {
public:
  tcc(coordinator where, std::string gid, transaction_options options = {});
  /// Within a branch of a transaction that is under way: branches called here are nested in that branch.
  tcc(coordinator where, const branch_context& parent, transaction_options options = {});

  const std::string& gid() const { return request_.gid; }

  /// Begins the transaction. If neither submit nor abort follows in time, everything is cancelled.
  /// Errors: refused, when it was given up before; duplicated, when it was submitted before.
  result<void> prepare() const;
  void async_prepare(completion<void> done) const;
  /// Makes the branch known, so that it will be confirmed or cancelled, and then calls its try; gives the try's answer.
  /// Threads: one at a time; branches are numbered in the order of these calls.
  result<std::string> call(tcc_branch branch);
  void async_call(tcc_branch branch, completion<std::string> done);
  /// Confirms all branches. Errors: refused, when it was given up before, as after its time limit;
  ///         ongoing, with wait_result: it will be confirmed, and a branch has not confirmed yet.
  result<void> submit() const;
  void async_submit(completion<void> done) const;
  /// Cancels all branches. The reason is for people and may be anything; 1,000 bytes of it are kept.
  result<void> abort(const std::string& reason) const;
  void async_abort(const std::string& reason, completion<void> done) const;

private:
  coordinator where_;
  transaction_request request_;
  branch_ids ids_;
};

/// Begins a TCC transaction, runs `business`, which calls the branches, and confirms them all when it succeeds, else
/// cancels them.
/// Errors: those of prepare (then the business did not run), of the business, or of the submit.
result<void> run_tcc(const coordinator& where, const std::string& gid,
                     const std::function<result<void>(tcc&)>& business, transaction_options options = {});

}  // namespace treaty::client
