#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/call_rules.hpp"

namespace treaty::load {

class poller;

/// What a participant learns of who calls it.
struct branch_call {
  std::string_view path;
  std::string_view gid;
  std::string_view op;
  std::size_t branch = 0;  // from 0
};

/// What went wrong, counted. All zero on a correct run.
struct call_faults {
  std::uint64_t duplicates = 0;    // a branch call that was already made for this transaction
  std::uint64_t out_of_order = 0;  // a call before one that must come first
  std::uint64_t unexpected =
      0;  // a call of a transaction that has ended or was never sent, or one that nothing asks for
  std::uint64_t malformed = 0;  // not a branch call at all
  call_faults& operator+=(const call_faults& other);
  bool none() const { return duplicates + out_of_order + unexpected + malformed == 0; }
};

/// A transaction whose last branch was called.
struct completed_transaction {
  std::size_t slot = 0;
  std::uint32_t sequence = 0;
  std::int64_t at = 0;
};

/// The transactions in flight, one in each slot: which of their branch calls came, and whether all did. Written by the
/// participants' threads, read by the generator's.
///
/// A gid is "b", run (7), slot (6 hex), sequence (8 hex): the participants find the slot without a lookup, and a call
/// that comes after the slot was given to another transaction is seen as unexpected.
class call_board {
public:
  /// A transaction names by its position which of the rules are its own.
  call_board(std::size_t slots, std::vector<call_rules> rules);

  static constexpr std::size_t gid_size = 22;
  /// Starts the next transaction of a slot and writes its gid (gid_size characters). Threads: the generator's.
  void open(std::size_t slot, std::size_t rules, char* gid);
  /// From now on, calls of the slot's transaction are unexpected. Threads: the generator's.
  void close(std::size_t slot);
  /// False when the slot was given to another transaction since. Threads: the generator's.
  bool is_current(const completed_transaction& one) const { return slots_[one.slot].next == one.sequence; }

  /// Notes one call; the transaction when this was its last. Threads: any.
  std::optional<completed_transaction> note(const branch_call& call, std::int64_t at, call_faults& faults);
  /// Holds a call against the rules that is not going to be carried out, so that it has to be repeated. Threads: any.
  void look_at(const branch_call& call, call_faults& faults) const;

  /// Hands completed transactions to the generator and wakes it. Threads: any; in batches.
  void completed(std::vector<completed_transaction>& batch, poller& generator);
  /// Swaps the completed transactions into `to`, which is empty. Threads: the generator's.
  void take_completed(std::vector<completed_transaction>& to);

private:
  struct alignas(64) slot_state {
    std::atomic<std::uint32_t> sequence{0};  // 0: none; else of the transaction in this slot
    std::atomic<call_set> seen{0};
    std::atomic<std::uint32_t> rules{0};
    std::uint32_t next = 0;  // what `sequence` was last, also after `close`
  };
  struct known_call {
    std::size_t slot = 0;
    std::uint32_t sequence = 0;
    call_set bit = 0;
    const call_rules* rules = nullptr;
  };
  std::optional<std::size_t> slot_of(std::string_view gid, std::uint32_t& sequence) const;
  std::optional<known_call> recognise(const branch_call& call) const;

  std::vector<slot_state> slots_;
  const std::string run_;
  const std::vector<call_rules> rules_;
  std::mutex mutex_;
  std::vector<completed_transaction> completed_;
};

}  // namespace treaty::load
