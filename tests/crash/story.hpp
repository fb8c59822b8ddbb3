#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace treaty::crash {

enum class txn_kind : std::uint8_t { saga, tcc, xa, msg, workflow };

/// Nothing: no answer came back. Refused: the coordinator knows the transaction, and its state forbids the request.
/// Error: anything else; it promises nothing.
enum class said : std::uint8_t { nothing, ok, refused, error };

/// One transaction as those who asked for it see it: what they wanted, what they asked for, and what they were told.
struct txn_story {
  std::string gid;
  txn_kind kind = txn_kind::saga;
  std::size_t steps = 0;  // of sagas and messages
  bool concurrent = false;
  bool commits = true;  // what its application has decided (message, workflow) or wants (tcc, xa)

  bool asked_prepare = false;
  bool asked_submit = false;
  bool asked_abort = false;
  bool told_exists = false;
  bool told_submitted = false;
  bool told_aborted = false;
  bool told_success = false;                // waited for the end, and heard that it is good
  std::vector<std::string> asked_branches;  // in the order in which they were registered
  std::vector<std::string> told_branches;
  std::set<std::string> seen_ends;  // final statuses that queries showed, and of which a web-hook was told
};

/// How the coordinator shows a transaction when all is over.
struct shown_end {
  std::string status;                 // "absent": it knows none
  std::vector<std::string> branches;  // registered ones, in order, each once
};

}  // namespace treaty::crash
