#include "bench/load/kinds/kind.hpp"

namespace treaty::load {
namespace {

call_rules rules(const transaction_form& form) {
  call_rules out{"action", ""};
  for (std::size_t branch = 0; branch < form.branches; ++branch) out.add_next(first_call(branch));
  return out;
}

std::vector<request_template> requests(const transaction_form& form, const dialect& words) {
  // Whoever asks back is unexpected: a client that submits at once is never asked.
  transaction_text message{.type = "msg", .query_prepared = words.url("never_asked"), .wait_result = form.wait_result};
  message.steps.assign(form.branches, step{words.url("ok"), ""});
  return {words.ask(asked::prepare, message), words.ask(asked::submit, message)};
}

}  // namespace

transaction_kind message_kind() {
  return {rules, requests};
}

}  // namespace treaty::load
