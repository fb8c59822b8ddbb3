#include "treaty/client/workflow.hpp"

#include "client/src/reason.hpp"
#include "client/src/wait.hpp"
#include "client/src/xa_session.hpp"

namespace treaty::client {
namespace {

constexpr const char* succeed = "succeed";
constexpr const char* failed = "failed";

}  // namespace

result<std::string> workflow_step::call(const std::string& url, std::string payload) const {
  // What a service answers to a workflow is its own; only the status counts.
  return wait_for<std::string>([&](auto done) {
    where_.way().call({.url = url,
                       .context = context(),
                       .payload = std::move(payload),
                       .headers = headers_,
                       .words = body_words::ignored},
                      std::move(done));
  });
}

workflow_branch& workflow_branch::on_commit(std::function<result<void>(workflow_step&)> what) {
  on_commit_ = std::move(what);
  return *this;
}

workflow_branch& workflow_branch::on_rollback(std::function<result<void>(workflow_step&)> what) {
  on_rollback_ = std::move(what);
  return *this;
}

result<std::string> workflow_branch::run(const std::function<result<std::string>(workflow_step&)>& action) {
  const auto* const before = home_.remembered(id_, "action");
  result<std::string> done = std::string{};
  if (before != nullptr) {
    done = before->status == succeed ? result<std::string>{before->data} : refused(before->data);
  } else {
    auto step = home_.step(id_, "action");
    done = action(step);
    if (!done && done.error().code != errc::refused) return done;
    // Now as in a later run, which gets what was remembered.
    if (!done) done = refused(reason_text(done.error().detail));
    const auto kept = home_.remember({id_, "action", done ? succeed : failed, done ? *done : done.error().detail});
    if (!kept) return kept.error();
  }
  if (!done && !home_.options_.compensate_failed_branches) on_rollback_ = nullptr;
  return done;
}

result<std::string> workflow_branch::call(const std::string& url, std::string payload) {
  return run([&](workflow_step& step) { return step.call(url, std::move(payload)); });
}

result<void> workflow_branch::run_xa(const sql_connector& connect,
                                     const std::function<result<void>(sql_session&)>& business) {
  const auto end = [connect](workflow_step& step) { return end_xa(step.context(), connect); };
  on_commit(end).on_rollback(end);
  const auto done = run([&](workflow_step& step) -> result<std::string> {
    // The business may have been prepared by a run that could not say so: nobody knows what it answered.
    if (home_.remembered(id_, "business") != nullptr) return refused("an XA branch was interrupted and cannot go on");
    const auto prepared = prepare_xa(step.context(), connect, [&](sql_session& session) -> result<void> {
      if (auto worked = business(session); !worked) return worked;
      return home_.remember({id_, "business", succeed, ""});
    });
    if (!prepared) return prepared.error();
    return std::string{};
  });
  if (done) return {};
  // Whatever became of it, it must not stay prepared.
  on_rollback_ = end;
  return done.error();
}

workflow::workflow(coordinator where, std::string gid, workflow_options options, const workflow_record& record)
    : where_{std::move(where)}, gid_{std::move(gid)}, options_{std::move(options)} {
  for (const auto& one : record.progresses) progress_[{one.branch_id, one.op}] = one;
}

result<std::reference_wrapper<workflow_branch>> workflow::branch() {
  const auto id = ids_.next();
  if (!id) return id.error();
  branches_.push_back(std::unique_ptr<workflow_branch>{new workflow_branch{*this, *id}});
  return std::ref(*branches_.back());
}

const workflow_progress* workflow::remembered(const std::string& branch_id, const std::string& op) const {
  const auto found = progress_.find({branch_id, op});
  return found == progress_.end() ? nullptr : &found->second;
}

result<void> workflow::remember(const workflow_progress& progress) {
  const auto kept = wait_for<void>([&](auto done) {
    where_.way().register_branch({.gid = gid_,
                                  .trans_type = "workflow",
                                  .branch_id = progress.branch_id,
                                  .payload = progress.data,
                                  .data = {{"op", progress.op}, {"status", progress.status}},
                                  .request_timeout = options_.transaction.request_timeout},
                                 std::move(done));
  });
  // Not even a refusal of the coordinator is one of the business: it must not undo the workflow.
  if (!kept) return unknown("a step was not remembered: " + kept.error().detail);
  progress_[{progress.branch_id, progress.op}] = progress;
  return {};
}

workflow_step workflow::step(const std::string& branch_id, const std::string& op) const {
  return {where_, {gid_, "workflow", branch_id, op}, options_.transaction.branch_headers};
}

result<void> workflow::finish(bool committed) {
  for (auto branch = branches_.rbegin(); branch != branches_.rend(); ++branch) {
    if (auto finished = finish_branch(**branch, committed); !finished) return finished;
  }
  return {};
}

result<void> workflow::finish_branch(workflow_branch& branch, bool committed) {
  const std::string op = committed ? "commit" : "rollback";
  const auto& what = committed ? branch.on_commit_ : branch.on_rollback_;
  if (!what || remembered(branch.id_, op) != nullptr) return {};
  auto step = this->step(branch.id_, op);
  const auto done = what(step);
  if (!done && done.error().code == errc::refused) {
    return invalid("the " + op + " of a workflow's branch may not be refused: " + done.error().detail);
  }
  if (!done) return done;
  return remember({branch.id_, op, succeed, ""});
}

}  // namespace treaty::client
