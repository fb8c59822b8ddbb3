#include "bench/load/kinds/kind.hpp"

namespace treaty::load {
namespace {

call_rules rules(const transaction_form& form) {
  call_rules out{"action", ""};
  for (std::size_t branch = 0; branch < form.branches; ++branch) out.add_next(first_call(branch));
  return out;
}

std::vector<request_template> requests(const transaction_form& form, const dialect& words) {
  transaction_text workflow{.type = "workflow",
                            .query_prepared = words.url("never_asked"),
                            .custom_data = R"({"data":"eyJhbW91bnQiOjMwfQ==","name":"transfer"})"};
  std::vector<request_template> out{words.ask(asked::prepare_workflow, workflow)};
  for (std::size_t branch = 0; branch < form.branches; ++branch) {
    out.push_back(words.call({.type = "workflow", .branch = branch, .op = "action", .url = words.url("ok")}));
    out.push_back(words.register_branch({.type = "workflow", .branch = branch}));
  }
  workflow.succeeded = true;
  out.push_back(words.ask(asked::submit, workflow));
  return out;
}

}  // namespace

transaction_kind workflow_kind() {
  return {rules, requests};
}

}  // namespace treaty::load
