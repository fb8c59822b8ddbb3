#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "core/model/record.hpp"
#include "tests/sim/random.hpp"

namespace treaty::sim {

/// A part of a transfer: what one participant adds to its account, or takes from it.
struct part {
  std::string id;   // the branch's
  long amount = 0;  // of all parts together: 0
  bool refuses = false;
  bool without_call = false;  // an empty URL: a success without a call
};

/// What the application behind a message or a workflow has decided for itself.
enum class own_decision { open, committed, rolled_back };

/// One call that the coordinator made.
struct call_made {
  std::size_t part = 0;
  std::string op;
  unsigned life = 0;
  time_point began{};
  bool answered = false;   // to the life that made it
  bool succeeded = false;  // as answered
};

/// What a participant's ledger says of one part. The barrier: each operation counts once, an undo without its doing
/// is empty, and a doing after its undo does nothing.
struct entry {
  bool did = false;
  bool undone = false;
  bool confirmed = false;
  std::set<std::string, std::less<>> vouched;  // operations that it has answered with success
  long applied = 0;                            // how often the amount stands in the account
};

/// Everything that is known of one transaction outside the coordinator.
struct file {
  std::string gid;
  trans_type type = trans_type::saga;
  std::shared_ptr<const txn_definition> definition;
  std::vector<part> parts;
  bool prepares = false;  // before it submits
  bool abandons = false;  // its client may go away at any moment
  bool gives_up = false;  // the client wants it undone
  bool crosses = false;   // another request, abort or submit, at the same time
  own_decision decided = own_decision::open;
  bool local_blocked = false;  // the sender was asked before its own transaction began: that cannot commit any more
  bool application_runs = false;
  std::size_t scripts_under_way = 0;

  std::vector<entry> entries;  // one for each part
  std::vector<call_made> calls;

  // What clients were told.
  bool told_prepared = false;
  bool told_submitted = false;
  bool told_aborted = false;
  bool told_success = false;  // of the whole
  bool told_stopped = false;
  std::set<std::string> told_registered;
  txn_status told_end = txn_status::prepared;  // prepared: none

  // What was asked for, whoever heard of it.
  bool asked_submit = false;
  bool asked_stop = false;
  std::set<std::string> asked_skips;  // "01 confirm"

  time_point first_asked{};      // for a submit
  time_point first_submitted{};  // durably
  time_point last_failed{};      // when one of its write sets could not be stored: it is read again then
};

/// A transaction by the dice.
std::unique_ptr<file> make_file(dice& chance, std::size_t number);

/// The rows that a client registers for a part.
register_requested registration(const file& of, std::size_t part);

/// The operation that does, and the one that undoes, as the coordinator or the client calls it.
bool is_undo(std::string_view op);

}  // namespace treaty::sim
