#include "core/model/record_size.hpp"

namespace treaty {
namespace {

std::size_t size_of(const txn_options& options) {
  std::size_t bytes = options.notify_url.size();
  for (const auto& [name, value] : options.branch_headers) bytes += name.size() + value.size();
  return bytes;
}

std::size_t size_of(const saga_plan& plan) {
  std::size_t bytes = 0;
  for (const auto& [step, orders] : plan.orders) bytes += sizeof(step) + orders.size() * sizeof(orders.front());
  return bytes;
}

std::size_t size_of(const txn_definition& definition) {
  std::size_t bytes = sizeof definition + definition.query_prepared.size() + definition.custom_data.size() +
                      definition.workflow.name.size() + definition.workflow.data.size() + size_of(definition.options) +
                      size_of(definition.saga);
  for (const step& one : definition.steps) bytes += sizeof one + one.action.size() + one.compensate.size();
  for (const std::string& one : definition.payloads) bytes += sizeof one + one.size();
  return bytes;
}

std::size_t size_of(const registered_branch& branch) {
  return sizeof branch + branch.url.size() + branch.payload.size() + branch.op_name.size();
}

}  // namespace

std::size_t size_of(const txn_record& record) {
  std::size_t bytes = sizeof record + record.progress.legs.size() * sizeof(leg) + record.progress.result.size() +
                      size_of(*record.definition);
  for (const auto& one : record.branches) bytes += size_of(*one);
  return bytes;
}

}  // namespace treaty
