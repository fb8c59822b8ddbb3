#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/options.hpp"
#include "bench/load/wire.hpp"

namespace treaty::load {

class poller;

/// What went wrong, counted. All zero on a correct run.
struct call_faults {
  std::uint64_t duplicates = 0;    // a branch call that was already made for this saga
  std::uint64_t out_of_order = 0;  // a call before the one that must come first
  std::uint64_t unexpected = 0;    // a call of a saga that has ended or was never sent
  std::uint64_t malformed = 0;     // not a branch call at all
  call_faults& operator+=(const call_faults& other);
  bool none() const { return duplicates + out_of_order + unexpected + malformed == 0; }
};

/// A saga whose last branch was called.
struct completed_saga {
  std::size_t slot = 0;
  std::uint32_t sequence = 0;
  std::int64_t at = 0;
};

/// The sagas in flight, one in each slot: which of their branch calls came, and whether all did. Written by the
/// participants' threads, read by the generator's.
///
/// A gid is "b", run (7), slot (6 hex), sequence (8 hex): the participants find the slot without a lookup, and a call
/// that comes after the slot was given to another saga is seen as unexpected.
class saga_board {
public:
  saga_board(std::size_t slots, const load_options& options);

  static constexpr std::size_t gid_size = 22;
  /// Starts the next saga of a slot and writes its gid (gid_size characters). Threads: the generator's.
  void open(std::size_t slot, char* gid);
  /// From now on, calls of the slot's saga are unexpected. Threads: the generator's.
  void close(std::size_t slot);
  /// False when the slot was given to another saga since. Threads: the generator's.
  bool is_current(const completed_saga& saga) const { return slots_[saga.slot].next == saga.sequence; }

  /// Notes one call; the saga when this was its last. Threads: any.
  std::optional<completed_saga> note(const branch_call& call, std::int64_t at, call_faults& faults);

  /// Hands completed sagas to the generator and wakes it. Threads: any; in batches.
  void completed(std::vector<completed_saga>& batch, poller& generator);
  /// Swaps the completed sagas into `to`, which is empty. Threads: the generator's.
  void take_completed(std::vector<completed_saga>& to);

private:
  struct alignas(64) slot_state {
    std::atomic<std::uint32_t> sequence{0};  // 0: no saga; else of the saga in this slot
    std::atomic<std::uint64_t> seen{0};      // bit i: action i; bit 32 + i: compensation i
    std::uint32_t next = 0;                  // what `sequence` was last, also after `close`
  };
  std::uint64_t required_before(std::uint64_t call_bit) const;

  std::vector<slot_state> slots_;
  std::string run_;
  saga_order order_;
  std::vector<std::uint64_t> serial_calls_;  // the calls of one saga, in the order in which a serial one makes them
  std::uint64_t all_calls_ = 0;
  std::mutex mutex_;
  std::vector<completed_saga> completed_;
};

}  // namespace treaty::load
