#pragma once

#include <string>
#include <vector>

#include "core/answer.hpp"
#include "core/model/record.hpp"
#include "net/branch_client.hpp"
#include "tests/sim/disk.hpp"
#include "tests/sim/engine.hpp"
#include "tests/sim/plan.hpp"

namespace treaty::sim {

/// What a request asked for.
enum class request { prepare, submit, register_branch, abort, stop, retry, skip };

/// Holds what the coordinator does to what it promises. Knows the wire's statuses and the stored records, and none of
/// the rules' code under test: every rule stands here a second time.
class judge {
public:
  judge(engine& all, disk& kept) : all_{all}, kept_{kept} {}

  const std::vector<std::string>& violations() const { return violations_; }
  void blame(const file& one, const std::string& what);

  /// A write set became durable.
  void stored(file& one, const txn_record* before, const txn_record& after);
  /// A call leaves the coordinator. Returns its place in the file's calls.
  std::size_t call_begins(file& one, const branch_call& what, unsigned life);
  /// The coordinator asks the application behind it.
  void asks(file& one, const branch_call& what);
  /// A request is answered; what the answer promises must be durable by now.
  void answered(file& one, request what, std::size_t part, const answer& said);
  /// What was known when someone began to look: the answer may be as old as that, and not older.
  struct known {
    bool exists;
    txn_status end;  // prepared: none was shown
  };
  static known known_of(const file& one) { return {one.told_prepared || one.told_submitted, one.told_end}; }
  /// Someone is shown a record, or that there is none.
  void shown(file& one, const txn_record* record, known before);
  /// A web-hook is told of an end.
  void told_end(file& one, txn_status status);
  /// The world is quiet: nothing will be done any more.
  void at_the_end(file& one);

private:
  const txn_record* durable(const file& one) const;
  void check_turn(file& one, const call_made& call, const txn_record& record);
  void check_saga_action(file& one, const call_made& call);
  void check_saga_undo(file& one, const call_made& call);
  void check_two_phase(file& one, const call_made& call);
  void check_msg(file& one, const call_made& call);
  void check_money(file& one, txn_status status);
  void check_end(file& one, txn_status status);
  void check_told(file& one, const txn_record& record);
  void check_due(file& one, const txn_record& record);
  void check_saga_end(file& one, txn_status status);
  bool heard(const file& one, std::size_t part, std::string_view op) const;
  bool called(const file& one, std::size_t part, std::string_view op) const;
  bool skipped(const file& one, std::size_t part, std::string_view op) const;
  bool done(const file& one, std::size_t part, std::string_view op) const;
  bool undone(const file& one, std::size_t part) const;
  /// Is the answer to `call` still awaited by whoever makes another one now?
  bool is_awaited(const file& one, const call_made& call, unsigned life) const;

  engine& all_;
  disk& kept_;
  std::vector<std::string> violations_;
};

}  // namespace treaty::sim
