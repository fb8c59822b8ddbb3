#include "core/invariants.hpp"

#include "core/saga/state.hpp"

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

}  // namespace

std::vector<std::string> violations(const txn_record& record) {
  std::vector<std::string> found;
  const txn_progress& progress = record.progress;
  if (record.definition == nullptr) return {"a record without a definition"};
  if (record.definition->type == trans_type::saga) {
    if (progress.legs.size() != 2 * record.definition->steps.size()) return {"a saga without two legs for each step"};
    check_final_saga(record, found);
  }
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
  for (std::size_t index = 0; index < old.legs.size() && index < now.legs.size(); ++index) {
    if (old.legs[index].status != leg_status::prepared && now.legs[index].status != old.legs[index].status) {
      found.push_back("a settled leg changed");
    }
  }
  return found;
}

}  // namespace treaty
