#include "tests/crash/ledger_rules.hpp"

#include <limits>

namespace treaty::crash {
namespace {

constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

/// Where in the ledger the calls of one (step, op) stand.
struct trace {
  std::size_t first = never;
  std::size_t last = never;
  std::size_t first_success = never;
  std::size_t last_success = never;
  bool called() const { return first != never; }
  bool succeeded() const { return first_success != never; }
};

void note(trace& where, std::size_t at, bool success) {
  if (!where.called()) where.first = at;
  where.last = at;
  if (!success) return;
  if (!where.succeeded()) where.first_success = at;
  where.last_success = at;
}

struct history {
  std::vector<trace> actions;
  std::vector<trace> compensations;
  std::size_t first_compensation = never;
  std::string unexpected;
};

history read_history(std::size_t steps, const std::vector<kit::seen_call>& calls) {
  history out{std::vector<trace>(steps), std::vector<trace>(steps), never, {}};
  for (std::size_t at = 0; at < calls.size(); ++at) {
    const kit::seen_call& call = calls[at];
    const std::size_t step = call.branch.size() == 2 ? static_cast<std::size_t>(std::stoi(call.branch)) - 1 : never;
    const bool undo = call.op == "compensate";
    if (step >= steps || (!undo && call.op != "action")) {
      out.unexpected = "a call that no step asks for: " + call.op + " " + call.branch;
      return out;
    }
    if (undo && out.first_compensation == never) out.first_compensation = at;
    note(undo ? out.compensations[step] : out.actions[step], at, call.answered == 200);
  }
  return out;
}

std::string name(std::size_t step) {
  return "step " + std::to_string(step + 1);
}

std::string check_succeeded(const planned_saga& saga, const history& seen) {
  if (seen.first_compensation != never) return "it succeeded, and was compensated as well";
  for (std::size_t step = 0; step < saga.steps; ++step) {
    if (!seen.actions[step].succeeded()) return name(step) + " never succeeded, but the saga did";
    if (!saga.concurrent && step > 0 && seen.actions[step].first < seen.actions[step - 1].first_success)
      return name(step) + " was called before the one before it had succeeded";
  }
  return {};
}

std::string check_failed_step(const planned_saga& saga, const history& seen, std::size_t step) {
  const trace& action = seen.actions[step];
  const trace& undo = seen.compensations[step];
  if (!action.called()) return {};
  if (!undo.succeeded()) return name(step) + " was called and never undone";
  if (undo.last_success < action.last) return name(step) + " was undone before its last call";
  // A concurrent saga's siblings are on their way when one of them is refused: they may arrive after an undo of
  // another.
  const std::size_t rollback_begun = saga.concurrent ? undo.first : seen.first_compensation;
  if (action.last > rollback_begun) return name(step) + " was called again after the rollback had begun";
  for (std::size_t later = step + 1; !saga.concurrent && later < saga.steps; ++later)
    if (seen.actions[later].called() && undo.first < seen.compensations[later].first_success)
      return name(step) + " was undone before " + name(later);
  return {};
}

}  // namespace

std::string check_ledger(const planned_saga& saga, const std::string& status,
                         const std::vector<kit::seen_call>& calls) {
  const history seen = read_history(saga.steps, calls);
  if (!seen.unexpected.empty()) return seen.unexpected;
  if (status == "succeed") return check_succeeded(saga, seen);
  if (status != "failed") return "it has not ended: its status is '" + status + "'";
  for (std::size_t step = 0; step < saga.steps; ++step)
    if (std::string wrong = check_failed_step(saga, seen, step); !wrong.empty()) return wrong;
  return {};
}

}  // namespace treaty::crash
