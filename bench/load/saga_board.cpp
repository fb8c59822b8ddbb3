#include "bench/load/saga_board.hpp"

#include <algorithm>
#include <charconv>
#include <random>

#include "bench/load/sockets.hpp"

namespace treaty::load {
namespace {

constexpr std::size_t run_size = 7;
constexpr std::size_t slot_digits = 6;
constexpr std::size_t sequence_digits = 8;
constexpr std::string_view digits = "0123456789abcdef";

std::string random_run() {
  std::random_device random;
  std::string run;
  for (std::size_t i = 0; i < run_size; ++i) run += digits[random() % digits.size()];
  return run;
}

char* write_hex(char* to, std::uint64_t value, std::size_t width) {
  for (std::size_t i = width; i-- > 0; value >>= 4) to[i] = digits[value & 0xf];
  return to + width;
}

bool read_hex(std::string_view text, std::uint64_t& to) {
  return std::from_chars(text.data(), text.data() + text.size(), to, 16).ptr == text.data() + text.size();
}

std::uint64_t bit_of(std::size_t branch, bool compensate) {
  return std::uint64_t{1} << (branch + (compensate ? 32u : 0u));
}

}  // namespace

call_faults& call_faults::operator+=(const call_faults& other) {
  duplicates += other.duplicates;
  out_of_order += other.out_of_order;
  unexpected += other.unexpected;
  malformed += other.malformed;
  return *this;
}

saga_board::saga_board(std::size_t slots, const load_options& options)
    : slots_(slots), run_{random_run()}, order_{options.order} {
  for (std::size_t branch = 0; branch < options.branches; ++branch) serial_calls_.push_back(bit_of(branch, false));
  if (options.outcome == saga_outcome::rollback)
    for (std::size_t branch = options.branches; branch-- > 0;) serial_calls_.push_back(bit_of(branch, true));
  for (const std::uint64_t call : serial_calls_) all_calls_ |= call;
}

void saga_board::open(std::size_t slot, char* gid) {
  slot_state& state = slots_[slot];
  if (++state.next == 0) ++state.next;
  state.seen.store(0, std::memory_order_relaxed);
  state.sequence.store(state.next, std::memory_order_release);
  *gid++ = 'b';
  gid = std::copy(run_.begin(), run_.end(), gid);
  gid = write_hex(gid, slot, slot_digits);
  write_hex(gid, state.next, sequence_digits);
}

void saga_board::close(std::size_t slot) {
  slots_[slot].sequence.store(0, std::memory_order_release);
}

std::uint64_t saga_board::required_before(std::uint64_t call_bit) const {
  if (order_ == saga_order::concurrent) return call_bit >> 32;  // a compensation: its own action
  std::uint64_t before = 0;
  for (const std::uint64_t call : serial_calls_) {
    if (call == call_bit) break;
    before |= call;
  }
  return before;
}

std::optional<completed_saga> saga_board::note(const branch_call& call, std::int64_t at, call_faults& faults) {
  std::uint64_t number = 0;
  std::uint64_t sequence = 0;
  const bool ours = call.gid.size() == gid_size && call.gid.substr(1, run_size) == run_ && call.branch < branches_max &&
                    read_hex(call.gid.substr(1 + run_size, slot_digits), number) &&
                    read_hex(call.gid.substr(1 + run_size + slot_digits), sequence) && number < slots_.size();
  slot_state* const state = ours ? &slots_[number] : nullptr;
  if (state == nullptr || state->sequence.load(std::memory_order_acquire) != sequence) {
    ++faults.unexpected;
    return std::nullopt;
  }
  const std::uint64_t bit = bit_of(call.branch, call.compensate);
  const std::uint64_t before = state->seen.fetch_or(bit, std::memory_order_acq_rel);
  if ((bit & all_calls_) == 0 || (before & bit) != 0) {
    ++((bit & all_calls_) == 0 ? faults.unexpected : faults.duplicates);
    return std::nullopt;
  }
  const std::uint64_t required = required_before(bit);
  if ((before & required) != required) ++faults.out_of_order;
  if ((before | bit) != all_calls_) return std::nullopt;
  return completed_saga{number, static_cast<std::uint32_t>(sequence), at};
}

void saga_board::completed(std::vector<completed_saga>& batch, poller& generator) {
  if (batch.empty()) return;
  bool first = false;
  {
    const std::scoped_lock lock{mutex_};
    first = completed_.empty();
    completed_.insert(completed_.end(), batch.begin(), batch.end());
  }
  batch.clear();
  if (first) generator.wake();  // else it was woken and has not come yet
}

void saga_board::take_completed(std::vector<completed_saga>& to) {
  const std::scoped_lock lock{mutex_};
  to.swap(completed_);
}

}  // namespace treaty::load
