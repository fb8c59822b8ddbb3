#include "bench/load/kinds/kind.hpp"

namespace treaty::load {
namespace {

bool rolls_back(const load_options& options) {
  return options.outcome == outcome::rollback;
}

call_rules rules(const load_options& options) {
  const bool concurrent = options.order == branch_order::concurrent;
  call_rules out{"action", "compensate"};
  for (std::size_t branch = 0; branch < options.branches; ++branch)
    out.add(first_call(branch), concurrent ? call_set{0} : out.all());
  if (!rolls_back(options)) return out;
  for (std::size_t branch = options.branches; branch-- > 0;)
    out.add(second_call(branch), concurrent ? first_call(branch) : out.all());
  return out;
}

std::vector<request_template> requests(const load_options& options, const dialect& words) {
  transaction_text saga{.type = "saga", .wait_result = options.wait_result};
  saga.steps.assign(options.branches, step{words.url("ok"), words.url("undo")});
  if (rolls_back(options)) saga.steps.back().action = words.url("refuse");
  if (options.order == branch_order::concurrent) saga.custom_data = R"({"concurrent":true,"orders":{}})";
  const bool told = rolls_back(options) && options.wait_result;
  return {words.ask(asked::submit, saga, told ? answered::failure : answered::success)};
}

}  // namespace

transaction_kind saga_kind() {
  return {rules, requests};
}

}  // namespace treaty::load
