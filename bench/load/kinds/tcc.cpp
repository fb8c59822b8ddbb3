#include "bench/load/kinds/kind.hpp"

namespace treaty::load {
namespace {

bool rolls_back(const transaction_form& form) {
  return form.outcome == outcome::rollback;
}

// The last registered is confirmed, or cancelled, first.
call_rules rules(const transaction_form& form) {
  call_rules out{"try", rolls_back(form) ? "cancel" : "confirm"};
  for (std::size_t branch = 0; branch < form.branches; ++branch) out.add_next(first_call(branch));
  for (std::size_t branch = form.branches; branch-- > 0;) out.add_next(second_call(branch));
  return out;
}

std::vector<request_template> requests(const transaction_form& form, const dialect& words) {
  const transaction_text tcc{.type = "tcc", .wait_result = form.wait_result};
  std::vector<request_template> out{words.ask(asked::prepare, tcc)};
  for (std::size_t branch = 0; branch < form.branches; ++branch) {
    out.push_back(words.register_branch(
        {.type = "tcc", .branch = branch, .confirm = words.url("ok"), .cancel = words.url("undo")}));
    out.push_back(words.call({.type = "tcc", .branch = branch, .op = "try", .url = words.url("ok")}));
  }
  out.push_back(words.ask(rolls_back(form) ? asked::abort : asked::submit, tcc));
  return out;
}

}  // namespace

transaction_kind tcc_kind() {
  return {rules, requests};
}

}  // namespace treaty::load
