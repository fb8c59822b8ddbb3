#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "treaty/client/barrier.hpp"
#include "treaty/client/branch_ids.hpp"
#include "treaty/client/coordinator.hpp"

namespace treaty::client {

/// What a piece of a workflow has in its hands while it runs.
class workflow_step {
public:
  workflow_step(coordinator where, branch_context context, std::map<std::string, std::string> headers)
      : where_{std::move(where)}, guard_{std::move(context)}, headers_{std::move(headers)} {}

  const branch_context& context() const { return guard_.context(); }
  /// For business in this program's own database.
  barrier& guard() { return guard_; }
  /// Calls another service with this step's context, which that service can put into its own barrier.
  result<std::string> call(const std::string& url, std::string payload) const;

private:
  coordinator where_;
  barrier guard_;
  std::map<std::string, std::string> headers_;
};

class workflow;

/// One branch of a workflow: at most one action, and what is to be done when the whole succeeds or fails.
class workflow_branch {
public:
  /// Runs when the workflow has succeeded. To be said before the action.
  workflow_branch& on_commit(std::function<result<void>(workflow_step&)> what);
  /// Runs when the workflow has failed; not for a branch that itself refused, unless the options say so.
  workflow_branch& on_rollback(std::function<result<void>(workflow_step&)> what);

  /// Runs the action and has the coordinator remember its answer or its refusal; in a later run of the workflow that is
  /// given back and the action is not run again. It may run again when it ended otherwise, or was not remembered.
  /// Over HTTP the answer must be UTF-8. The text of a refusal may be anything; it is given back, at once and later, as
  /// UTF-8 of at most 1,000 bytes.
  result<std::string> run(const std::function<result<std::string>(workflow_step&)>& action);
  /// An action that is one call of another service.
  result<std::string> call(const std::string& url, std::string payload);
  /// An action that is an XA transaction in this program's database; it is committed or rolled back with the workflow.
  result<void> run_xa(const sql_connector& connect, const std::function<result<void>(sql_session&)>& business);

private:
  friend class workflow;
  workflow_branch(workflow& home, std::string id) : home_{home}, id_{std::move(id)} {}

  workflow& home_;
  std::string id_;
  std::function<result<void>(workflow_step&)> on_commit_;
  std::function<result<void>(workflow_step&)> on_rollback_;
};

struct workflow_options {
  transaction_options transaction{};
  bool compensate_failed_branches = false;  // also rolls a branch back whose action refused
};

/// One run of a workflow. The function gets it and must do the same with it in every run, but for what its branches
/// answer: branches are known by their order.
class workflow {
public:
  workflow(coordinator where, std::string gid, workflow_options options, const workflow_record& record);
  workflow(const workflow&) = delete;
  workflow& operator=(const workflow&) = delete;

  const std::string& gid() const { return gid_; }
  /// Errors: invalid_argument, after the 99th.
  result<std::reference_wrapper<workflow_branch>> branch();

private:
  friend class workflow_branch;
  friend class workflow_engine;

  using key = std::pair<std::string, std::string>;  // branch and op
  const workflow_progress* remembered(const std::string& branch_id, const std::string& op) const;
  result<void> remember(const workflow_progress& progress);
  workflow_step step(const std::string& branch_id, const std::string& op) const;
  /// Runs what the branches have for the end, last branch first.
  result<void> finish(bool committed);
  result<void> finish_branch(workflow_branch& branch, bool committed);

  coordinator where_;
  std::string gid_;
  workflow_options options_;
  branch_ids ids_;
  std::vector<std::unique_ptr<workflow_branch>> branches_;
  std::map<key, workflow_progress> progress_;
};

/// Gets its input again in each run, and gives the result. Success ends the workflow, and so does refused; after any
/// other failure the coordinator has it run again later.
using workflow_function = std::function<result<std::string>(workflow&, const std::string& input)>;

/// Runs workflows, and runs again those that were interrupted, when the coordinator says so. Threads: define everything
/// first; then any.
class workflow_engine {
public:
  /// `callback` is where the coordinator reaches this program: a URL whose handler calls `resume`, or, over gRPC,
  /// host:port/workflow.Workflow/Execute (treaty/client/grpc.hpp has that service).
  workflow_engine(coordinator where, std::string callback);

  /// Errors: invalid_argument, when the name is taken.
  result<void> define(std::string name, workflow_function what, workflow_options options = {});

  /// Runs the workflow under that gid, or goes on with it, and gives its result; what has ended is not run again.
  /// Errors: refused: it failed and was rolled back; unknown, ongoing: it will be run again;
  ///         invalid_argument: there is no such workflow, or the gid is one of another type of transaction.
  result<std::string> execute(const std::string& name, const std::string& gid, const std::string& input);
  /// The coordinator's call: `call` as it was read from the request, `input` its body.
  result<std::string> resume(const branch_context& call, const std::string& input);

private:
  struct definition {
    workflow_function what;
    workflow_options options;
  };
  transaction_request request(const definition& of, const std::string& gid) const;

  coordinator where_;
  std::string callback_;
  std::map<std::string, definition> definitions_;
};

}  // namespace treaty::client
