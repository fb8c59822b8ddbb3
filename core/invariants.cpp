#include "core/invariants.hpp"

#include <algorithm>

#include "core/saga/state.hpp"
#include "core/tcc/state.hpp"
#include "core/xa/state.hpp"

namespace treaty {
namespace {

void check_final_saga(const txn_record& record, std::vector<std::string>& found) {
  const txn_progress& progress = record.progress;
  for (std::size_t step = 0; step < record.definition->steps.size(); ++step) {
    const leg& action = progress.legs[saga::action_leg(step)];
    const leg& compensation = progress.legs[saga::compensation_leg(step)];
    if (compensation.status == leg_status::failed) found.push_back("a compensation is marked failed");
    if (progress.status == txn_status::succeed && action.status != leg_status::succeed) {
      found.push_back("the saga succeeded although an action did not");
    }
    if (progress.status == txn_status::succeed && compensation.status == leg_status::succeed) {
      found.push_back("the saga succeeded although a step was undone");
    }
  }
}

bool any_succeeded(const txn_record& record, branch_op op) {
  for (std::size_t index = 0; index < record.branches.size(); ++index) {
    const bool succeeded = record.progress.legs[index].status == leg_status::succeed;
    if (succeeded && record.branches[index]->op == op) return true;
  }
  return false;
}

bool all_succeeded(const txn_record& record, branch_op op) {
  for (std::size_t index = 0; index < record.branches.size(); ++index) {
    const bool succeeded = record.progress.legs[index].status == leg_status::succeed;
    if (!succeeded && record.branches[index]->op == op) return false;
  }
  return true;
}

bool any_failed(const txn_progress& progress) {
  return std::any_of(progress.legs.begin(), progress.legs.end(),
                     [](const leg& one) { return one.status == leg_status::failed; });
}

/// One decision, and calls in its direction only. An operator may stop it halfway, but not turn it round.
void check_two_phase(const txn_record& record, const two_phase::rules& how, std::vector<std::string>& found) {
  const txn_status status = record.progress.status;
  const bool forth = any_succeeded(record, how.forward);
  const bool back = any_succeeded(record, how.backward);
  const std::string forward{to_string(how.forward)};
  const std::string backward{to_string(how.backward)};
  if (any_failed(record.progress)) found.push_back("a " + forward + " or " + backward + " is marked failed");
  if (forth && back) found.push_back("both a " + forward + " and a " + backward + " succeeded");
  if (forth && (status == txn_status::prepared || status == txn_status::aborting)) {
    found.push_back("a " + forward + " succeeded without the decision");
  }
  if (back && (status == txn_status::prepared || status == txn_status::submitted || status == txn_status::succeed)) {
    found.push_back("a " + backward + " succeeded without the decision");
  }
  if (status == txn_status::succeed && !all_succeeded(record, how.forward)) {
    found.push_back("it succeeded although a " + forward + " did not");
  }
}

void check_message(const txn_record& record, std::vector<std::string>& found) {
  const txn_progress& progress = record.progress;
  if (any_failed(progress)) found.push_back("a message's action is marked failed");
  for (const leg& one : progress.legs) {
    if (one.status == leg_status::succeed && progress.status == txn_status::prepared) {
      found.push_back("an action succeeded before the message was submitted");
    }
    if (one.status != leg_status::succeed && progress.status == txn_status::succeed) {
      found.push_back("the message succeeded although an action did not");
    }
  }
}

void check_type(const txn_record& record, std::vector<std::string>& found) {
  const txn_status status = record.progress.status;
  switch (record.definition->type) {
    case trans_type::saga:
      return check_final_saga(record, found);
    case trans_type::tcc:
      return check_two_phase(record, tcc::rules, found);
    case trans_type::xa:
      return check_two_phase(record, xa::rules, found);
    case trans_type::msg:
      if (status == txn_status::aborting) found.push_back("a message is being undone");
      return check_message(record, found);
    case trans_type::workflow:
      if (status != txn_status::prepared && !is_final(status)) found.push_back("a workflow with a verdict of ours");
      return;
  }
}

/// What a record of this type has legs for: its steps, or its branches.
std::size_t leg_count_expected(const txn_record& record) {
  const std::size_t initial = initial_leg_count(*record.definition);
  return initial > 0 ? initial : record.branches.size();
}

void check_watch(const txn_record& record, std::vector<std::string>& found) {
  const trans_type type = record.definition->type;
  const txn_progress& progress = record.progress;
  const bool watched = type == trans_type::tcc || type == trans_type::xa || type == trans_type::msg;
  if (watched && progress.status == txn_status::prepared && !is_set(progress.watch.due)) {
    found.push_back("prepared, and nobody watches");
  }
  if (is_final(progress.status) && is_set(progress.watch.due)) found.push_back("watched after the end");
}

}  // namespace

std::vector<std::string> violations(const txn_record& record) {
  std::vector<std::string> found;
  const txn_progress& progress = record.progress;
  if (record.definition == nullptr) return {"a record without a definition"};
  if (progress.legs.size() != leg_count_expected(record)) return {"legs that do not fit the steps or branches"};
  check_type(record, found);
  check_watch(record, found);
  if (progress.status == txn_status::succeed && !is_set(progress.finish_time))
    found.push_back("succeed without a time");
  if (progress.status == txn_status::failed && !is_set(progress.rollback_time))
    found.push_back("failed without a time");
  for (const leg& one : progress.legs) {
    if (one.status != leg_status::prepared && !is_set(one.finish_time)) found.push_back("a settled leg without a time");
  }
  return found;
}

std::vector<std::string> violations_between(const txn_record& before, const txn_record& after) {
  std::vector<std::string> found;
  const txn_progress& old = before.progress;
  const txn_progress& now = after.progress;
  if (now.revision <= old.revision) found.push_back("the revision did not grow");
  if (is_final(old.status) && now.status != old.status) found.push_back("a final status changed");
  if (old.status == txn_status::aborting && now.status != txn_status::aborting && now.status != txn_status::failed) {
    found.push_back("an abort was taken back");
  }
  if (old.status != txn_status::prepared && now.status == txn_status::prepared) found.push_back("prepared again");
  const bool is_saga = after.definition != nullptr && after.definition->type == trans_type::saga;
  if (old.status == txn_status::submitted && now.status == txn_status::aborting && !is_saga) {
    found.push_back("a submit was taken back");
  }
  if (now.legs.size() < old.legs.size()) found.push_back("legs were lost");
  if (now.legs.size() > old.legs.size() && old.status != txn_status::prepared) {
    found.push_back("a branch was registered after the decision");
  }
  for (std::size_t index = 0; index < old.legs.size() && index < now.legs.size(); ++index) {
    if (old.legs[index].status != leg_status::prepared && now.legs[index].status != old.legs[index].status) {
      found.push_back("a settled leg changed");
    }
  }
  return found;
}

}  // namespace treaty
