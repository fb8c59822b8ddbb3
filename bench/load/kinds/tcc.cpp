#include "bench/load/kinds/kind.hpp"

namespace treaty::load {
namespace {

bool rolls_back(const load_options& options) {
  return options.outcome == outcome::rollback;
}

// The last registered is confirmed, or cancelled, first.
call_rules rules(const load_options& options) {
  call_rules out{"try", rolls_back(options) ? "cancel" : "confirm"};
  for (std::size_t branch = 0; branch < options.branches; ++branch) out.add_next(first_call(branch));
  for (std::size_t branch = options.branches; branch-- > 0;) out.add_next(second_call(branch));
  return out;
}

std::vector<request_template> requests(const load_options& options, const dialect& words) {
  const transaction_text tcc{.type = "tcc", .wait_result = options.wait_result};
  std::vector<request_template> out{words.ask(asked::prepare, tcc)};
  for (std::size_t branch = 0; branch < options.branches; ++branch) {
    out.push_back(words.register_branch(
        {.type = "tcc", .branch = branch, .confirm = words.url("ok"), .cancel = words.url("undo")}));
    out.push_back(words.call({.type = "tcc", .branch = branch, .op = "try", .url = words.url("ok")}));
  }
  out.push_back(words.ask(rolls_back(options) ? asked::abort : asked::submit, tcc));
  return out;
}

}  // namespace

transaction_kind tcc_kind() {
  return {rules, requests};
}

}  // namespace treaty::load
