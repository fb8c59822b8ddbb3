#pragma once

#include <string>
#include <vector>

#include "tests/kit/participant.hpp"

namespace treaty::crash {

/// What the submitter knows of one saga.
struct planned_saga {
  std::string gid;
  std::size_t steps = 0;
  bool concurrent = false;
};

/// Holds the participants' ledger of one finished saga against what docs/protocol.md §5.3 allows, however often the
/// coordinator was killed meanwhile. Returns what is wrong; empty when nothing is.
///
///   succeed: each action was answered with success, no compensation was called, and a serial saga's step was first
///            called after the one before it had succeeded;
///   failed:  each action that was called has a compensation that was called later and succeeded, and was not called
///            after its own first compensation; in a serial saga no action was called after any compensation, and the
///            steps are undone from the last to the first.
std::string check_ledger(const planned_saga& saga, const std::string& status, const std::vector<kit::seen_call>& calls);

}  // namespace treaty::crash
