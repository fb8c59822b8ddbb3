#include <nlohmann/json.hpp>

#include "client/src/base64.hpp"
#include "client/src/reason.hpp"
#include "client/src/wait.hpp"
#include "treaty/client/workflow.hpp"

namespace treaty::client {
namespace {

/// A no of the coordinator is about the gid, which something else has: no workflow ran that could have been rolled
/// back.
failure no_record(const failure& why) {
  const bool is_about_gid = why.code == errc::refused || why.code == errc::duplicated;
  return is_about_gid ? invalid(why.detail) : why;
}

}  // namespace

workflow_engine::workflow_engine(coordinator where, std::string callback)
    : where_{std::move(where)}, callback_{std::move(callback)} {}

result<void> workflow_engine::define(std::string name, workflow_function what, workflow_options options) {
  const auto [at, is_new] = definitions_.try_emplace(std::move(name), definition{std::move(what), std::move(options)});
  if (!is_new) return invalid("a workflow '" + at->first + "' is defined already");
  return {};
}

transaction_request workflow_engine::request(const definition& of, const std::string& gid) const {
  return {.gid = gid, .trans_type = "workflow", .options = of.options.transaction};
}

result<std::string> workflow_engine::execute(const std::string& name, const std::string& gid,
                                             const std::string& input) {
  const auto found = definitions_.find(name);
  if (found == definitions_.end()) return invalid("no workflow '" + name + "' is defined in this program");
  const definition& known = found->second;

  auto begin = request(known, gid);
  begin.query_prepared = callback_;
  begin.custom_data = nlohmann::json{{"data", to_base64(input)}, {"name", name}}.dump();
  const auto record =
      wait_for<workflow_record>([&](auto done) { where_.way().prepare_workflow(std::move(begin), std::move(done)); });
  if (!record) return no_record(record.error());
  if (record->status == "succeed") return record->result;
  if (record->status == "failed") return refused(record->rollback_reason);

  workflow run{where_, gid, known.options, *record};
  auto done = known.what(run, input);
  if (!done && done.error().code != errc::refused) return done;
  if (!done) done = refused(reason_text(done.error().detail));
  if (const auto finished = run.finish(static_cast<bool>(done)); !finished) return finished.error();

  auto end = request(known, gid);
  end.extra = {{"status", done ? "succeed" : "failed"},
               {"rollback_reason", done ? "" : done.error().detail},
               {"result", done ? to_base64(*done) : ""}};
  const auto submitted = wait_for<void>(
      [&](auto ended) { where_.way().send(transaction_verb::submit, std::move(end), std::move(ended)); });
  // Whatever kept it from being stored, the workflow itself did what it did: the coordinator has it said again.
  if (!submitted) return unknown("the end of workflow " + gid + " was not stored: " + submitted.error().detail);
  return done;
}

result<std::string> workflow_engine::resume(const branch_context& call, const std::string& input) {
  return execute(call.op, call.gid, input);
}

}  // namespace treaty::client
