#include "tests/kit/store_kit.hpp"

#include <utility>

namespace treaty::kit {

std::shared_ptr<const txn_definition> make_saga(std::string gid_text, std::size_t steps, std::size_t payload_bytes,
                                                time_point created) {
  auto definition = std::make_shared<txn_definition>();
  definition->gid = gid{std::move(gid_text)};
  definition->create_time = created;
  for (std::size_t i = 0; i < steps; ++i) {
    const std::string name = std::to_string(i);
    definition->steps.push_back({"http://localhost:8081/api/busi/step" + name + "/action",
                                 "http://localhost:8081/api/busi/step" + name + "/compensate"});
    definition->payloads.emplace_back(payload_bytes, static_cast<char>('a' + i % 26));
  }
  return definition;
}

std::shared_ptr<const registered_branch> make_branch(std::string id, std::string payload) {
  registered_branch branch;
  branch.id = branch_id{std::move(id)};
  branch.op = branch_op::confirm;
  branch.url = "http://localhost:8081/api/busi/confirm";
  branch.payload = std::move(payload);
  branch.create_time = moment(5);
  return std::make_shared<const registered_branch>(std::move(branch));
}

write_set creation(std::shared_ptr<const txn_definition> definition, record_id row) {
  write_set set;
  set.gid = definition->gid;
  set.row = row;
  set.create_time = definition->create_time;
  set.progress.revision = 1;
  set.progress.status = txn_status::submitted;
  set.progress.update_time = definition->create_time;
  set.progress.legs.resize(initial_leg_count(*definition));
  set.progress.due = definition->create_time + std::chrono::seconds{1};
  set.definition = std::move(definition);
  return set;
}

write_set following(const write_set& last) {
  write_set set = last;
  set.expected = last.progress.revision;
  set.progress.revision = last.progress.revision + 1;
  set.progress.update_time += std::chrono::milliseconds{1};
  set.definition = nullptr;
  set.first_new_branch = last.first_new_branch + last.new_branches.size();
  set.new_branches.clear();
  set.due_before = last.progress.due;
  set.stuck_before = last.progress.stuck;
  set.history = {};
  return set;
}

write_set finishing(const write_set& last, txn_status status, time_point end) {
  write_set set = following(last);
  set.progress.status = status;
  set.progress.update_time = end;
  (status == txn_status::succeed ? set.progress.finish_time : set.progress.rollback_time) = end;
  for (std::size_t i = 1; i < set.progress.legs.size(); i += 2) {
    set.progress.legs[i].status = leg_status::succeed;
    set.progress.legs[i].update_time = end;
    set.progress.legs[i].finish_time = end;
  }
  set.progress.due = {};
  return set;
}

txn_record after_all(const std::vector<write_set>& sets) {
  txn_record record;
  for (const write_set& set : sets) {
    record.row = set.row;
    record.progress = set.progress;
    if (set.definition != nullptr) record.definition = set.definition;
    record.branches.insert(record.branches.end(), set.new_branches.begin(), set.new_branches.end());
  }
  return record;
}

}  // namespace treaty::kit
