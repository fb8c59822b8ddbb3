#pragma once

#include <string>
#include <vector>

#include "tests/crash/story.hpp"
#include "tests/kit/participant.hpp"

namespace treaty::crash {

/// Holds the end of a transaction and the participants' ledger of it against what its clients asked for and were told
/// (docs/protocol.md §5), however often the coordinator was killed meanwhile. Returns what is wrong; empty when nothing
/// is.
///
///   all       what was acknowledged is there; it has ended, as every query and web-hook said before; nothing was
///             called of a transaction that does not exist; a client that heard of success sees success.
///   saga      see ledger_rules.hpp.
///   tcc, xa   one decision: never both kinds of phase-2 calls. An acknowledged submit succeeds, an acknowledged abort
///             fails, without a submit nothing succeeds. Every registered branch heard of it, in order, and every
///             acknowledged registration is there.
///   msg       it ends as its application decided; committed: each action succeeded, in order; rolled back: none was
///             called.
///   workflow  it ends as its application decided; every acknowledged progress is there.
std::string check_story(const txn_story& story, const shown_end& end, const std::vector<kit::seen_call>& calls);

}  // namespace treaty::crash
