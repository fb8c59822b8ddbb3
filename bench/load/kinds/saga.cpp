#include "bench/load/kinds/kind.hpp"

namespace treaty::load {
namespace {

bool rolls_back(const transaction_form& form) {
  return form.outcome == outcome::rollback;
}

call_rules rules(const transaction_form& form) {
  const bool concurrent = form.order == branch_order::concurrent;
  call_rules out{"action", "compensate"};
  for (std::size_t branch = 0; branch < form.branches; ++branch)
    out.add(first_call(branch), concurrent ? call_set{0} : out.all());
  if (!rolls_back(form)) return out;
  for (std::size_t branch = form.branches; branch-- > 0;)
    out.add(second_call(branch), concurrent ? first_call(branch) : out.all());
  return out;
}

std::vector<request_template> requests(const transaction_form& form, const dialect& words) {
  transaction_text saga{.type = "saga", .wait_result = form.wait_result};
  saga.steps.assign(form.branches, step{words.url("ok"), words.url("undo")});
  if (rolls_back(form)) saga.steps.back().action = words.url("refuse");
  if (form.order == branch_order::concurrent) saga.custom_data = R"({"concurrent":true,"orders":{}})";
  const bool told = rolls_back(form) && form.wait_result;
  return {words.ask(asked::submit, saga, told ? answered::failure : answered::success)};
}

}  // namespace

transaction_kind saga_kind() {
  return {rules, requests};
}

}  // namespace treaty::load
