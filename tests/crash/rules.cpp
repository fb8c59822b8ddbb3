#include "tests/crash/rules.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "tests/crash/ledger_rules.hpp"

namespace treaty::crash {
namespace {

using calls = std::vector<kit::seen_call>;

constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

/// Where in the ledger the calls of one (branch, op) begin and succeed.
struct trace {
  std::size_t first = never;
  std::size_t success = never;
};
std::map<std::string, trace> traces_of(const calls& all, const std::string& op) {
  std::map<std::string, trace> found;
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (all[at].op != op) continue;
    trace& one = found[all[at].branch];
    one.first = std::min(one.first, at);
    if (all[at].answered == 200) one.success = std::min(one.success, at);
  }
  return found;
}

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

/// Each of `order` was called until it succeeded, and none before the one before it had.
std::string check_in_turn(const calls& all, const std::string& op, const std::vector<std::string>& order,
                          bool one_by_one) {
  auto seen = traces_of(all, op);
  for (std::size_t at = 0; at < order.size(); ++at) {
    const trace& mine = seen[order[at]];
    if (mine.success == never) return op + " " + order[at] + " never succeeded";
    if (one_by_one && at > 0 && mine.first < seen[order[at - 1]].success)
      return op + " " + order[at] + " was called before " + op + " " + order[at - 1] + " had succeeded";
  }
  return {};
}

std::string check_two_phase(const txn_story& story, const shown_end& end, const calls& all) {
  const bool good = end.status == "succeed";
  const bool tcc = story.kind == txn_kind::tcc;
  const std::string op = tcc ? (good ? "confirm" : "cancel") : (good ? "commit" : "rollback");
  if (good && !story.asked_submit) return "it succeeded, and nobody had submitted it";
  if (good && story.told_aborted) return "its abort was acknowledged, and it succeeded";
  if (!good && story.told_submitted) return "its submit was acknowledged, and it failed";
  for (const auto& call : all) {
    if (call.op != op) return "it ended as " + end.status + ", and " + call.op + " was called";
    if (!has(end.branches, call.branch)) return "branch " + call.branch + " was called and is not registered";
  }
  for (const auto& branch : story.told_branches)
    if (!has(end.branches, branch)) return "the registration of branch " + branch + " was acknowledged and is gone";
  for (const auto& branch : end.branches)
    if (!has(story.asked_branches, branch)) return "branch " + branch + " was never registered";
  std::vector<std::string> order = end.branches;
  if (!std::is_sorted(order.begin(), order.end())) return "the branches do not stand in the order of registration";
  if (tcc) std::reverse(order.begin(), order.end());
  return check_in_turn(all, op, order, /*one_by_one=*/true);
}

std::string check_message(const txn_story& story, const shown_end& end, const calls& all) {
  const bool good = end.status == "succeed";
  if (good != story.commits) return "its application decided otherwise";
  std::vector<std::string> order;
  for (std::size_t step = 1; step <= story.steps; ++step) order.push_back("0" + std::to_string(step));
  for (const auto& call : all) {
    if (call.op == "msg" && !story.asked_prepare) return "its application was asked, and had prepared nothing";
    if (call.op != "msg" && (call.op != "action" || !has(order, call.branch)))
      return "a call that no step asks for: " + call.op + " " + call.branch;
    if (call.op == "action" && !good) return "it failed, and an action was called";
  }
  return good ? check_in_turn(all, "action", order, !story.concurrent) : std::string{};
}

std::string check_workflow(const txn_story& story, const shown_end& end, const calls& all) {
  if ((end.status == "succeed") != story.commits) return "its application decided otherwise";
  for (const auto& branch : story.told_branches)
    if (!has(end.branches, branch)) return "the progress " + branch + " was acknowledged and is gone";
  for (const auto& call : all)
    if (call.branch != "00") return "a branch of a workflow was called: " + call.branch;
  return {};
}

std::string check_absent(const txn_story& story, const calls& all) {
  if (story.told_exists) return "it was acknowledged, and is gone";
  if (!story.seen_ends.empty()) return "it was seen to end, and is gone";
  return all.empty() ? std::string{} : "it is unknown, and its branches were called";
}

}  // namespace

std::string check_story(const txn_story& story, const shown_end& end, const std::vector<kit::seen_call>& calls) {
  if (end.status == "absent") return check_absent(story, calls);
  if (end.status != "succeed" && end.status != "failed") return "it has not ended: its status is '" + end.status + "'";
  for (const std::string& before : story.seen_ends)
    if (before != end.status) return "it was seen as " + before + ", and is " + end.status;
  if (story.told_success && end.status != "succeed") return "a client was told of its success, and it failed";
  if (!story.asked_prepare && !story.asked_submit) return "nobody has asked for it";
  switch (story.kind) {
    case txn_kind::saga:
      return check_ledger({story.gid, story.steps, story.concurrent}, end.status, calls);
    case txn_kind::tcc:
    case txn_kind::xa:
      return check_two_phase(story, end, calls);
    case txn_kind::msg:
      return check_message(story, end, calls);
    case txn_kind::workflow:
      return check_workflow(story, end, calls);
  }
  return {};
}

}  // namespace treaty::crash
