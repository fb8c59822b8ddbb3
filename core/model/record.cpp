#include "core/model/record.hpp"

#include "core/base/assert.hpp"

namespace treaty {
namespace {

leg_view view_step(const txn_definition& definition, std::size_t index) {
  const std::size_t position = index / 2;
  const branch_op op = index % 2 == 0 ? branch_op::compensate : branch_op::action;
  TREATY_ASSERT(position < definition.steps.size() && position < definition.payloads.size());
  const step& one = definition.steps[position];
  return {step_branch_id(position),
          op,
          to_string(op),
          op == branch_op::action ? one.action : one.compensate,
          definition.payloads[position],
          one.request_timeout};
}

leg_view view_message(const txn_definition& definition, std::size_t index) {
  TREATY_ASSERT(index < definition.steps.size() && index < definition.payloads.size());
  const step& one = definition.steps[index];
  return {one.id.empty() ? step_branch_id(index) : one.id,
          branch_op::action,
          to_string(branch_op::action),
          one.action,
          definition.payloads[index],
          one.request_timeout};
}

}  // namespace

leg_view view_leg(const txn_record& record, std::size_t index) {
  if (record.definition->type == trans_type::saga) return view_step(*record.definition, index);
  if (record.definition->type == trans_type::msg) return view_message(*record.definition, index);
  TREATY_ASSERT(index < record.branches.size());
  const registered_branch& one = *record.branches[index];
  return {one.id,  one.op,      one.op == branch_op::named ? std::string_view{one.op_name} : to_string(one.op),
          one.url, one.payload, one.request_timeout};
}

std::string_view destination_of(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

bool calls_destination(const txn_record& record, std::string_view destination) {
  if (destination_of(record.definition->query_prepared) == destination) return true;
  for (std::size_t index = 0; index < record.progress.legs.size(); ++index) {
    if (destination_of(view_leg(record, index).url) == destination) return true;
  }
  return false;
}

branch_id step_branch_id(std::size_t index) {
  std::string digits = std::to_string(index + 1);
  if (digits.size() < 2) digits.insert(digits.begin(), '0');
  return branch_id{std::move(digits)};
}

std::size_t initial_leg_count(const txn_definition& definition) {
  switch (definition.type) {
    case trans_type::saga:
      return 2 * definition.steps.size();
    case trans_type::msg:
      return definition.steps.size();
    case trans_type::tcc:
    case trans_type::xa:
    case trans_type::workflow:
      return 0;
  }
  TREATY_ASSERT(false);
}

}  // namespace treaty
