#include "bench/load/call_board.hpp"

#include <algorithm>
#include <charconv>
#include <random>
#include <utility>

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

}  // namespace

call_faults& call_faults::operator+=(const call_faults& other) {
  duplicates += other.duplicates;
  out_of_order += other.out_of_order;
  unexpected += other.unexpected;
  malformed += other.malformed;
  return *this;
}

call_board::call_board(std::size_t slots, std::vector<call_rules> rules)
    : slots_(slots), run_{random_run()}, rules_{std::move(rules)} {}

void call_board::open(std::size_t slot, std::size_t rules, char* gid) {
  slot_state& state = slots_[slot];
  if (++state.next == 0) ++state.next;
  state.seen.store(0, std::memory_order_relaxed);
  state.rules.store(static_cast<std::uint32_t>(rules), std::memory_order_relaxed);
  state.sequence.store(state.next, std::memory_order_release);
  *gid++ = 'b';
  gid = std::copy(run_.begin(), run_.end(), gid);
  gid = write_hex(gid, slot, slot_digits);
  write_hex(gid, state.next, sequence_digits);
}

void call_board::close(std::size_t slot) {
  slots_[slot].sequence.store(0, std::memory_order_release);
}

std::optional<std::size_t> call_board::slot_of(std::string_view gid, std::uint32_t& sequence) const {
  std::uint64_t slot = 0;
  std::uint64_t number = 0;
  const bool ours = gid.size() == gid_size && gid.substr(1, run_size) == run_ &&
                    read_hex(gid.substr(1 + run_size, slot_digits), slot) &&
                    read_hex(gid.substr(1 + run_size + slot_digits), number) && slot < slots_.size();
  if (!ours) return std::nullopt;
  sequence = static_cast<std::uint32_t>(number);
  return slot;
}

std::optional<call_board::known_call> call_board::recognise(const branch_call& call) const {
  known_call known;
  const auto slot = slot_of(call.gid, known.sequence);
  if (!slot || slots_[*slot].sequence.load(std::memory_order_acquire) != known.sequence) return std::nullopt;
  known.slot = *slot;
  known.rules = &rules_[slots_[*slot].rules.load(std::memory_order_relaxed)];
  const auto bit = known.rules->call_of(call.op, call.branch);
  if (!bit) return std::nullopt;
  known.bit = *bit;
  return known;
}

std::optional<completed_transaction> call_board::note(const branch_call& call, std::int64_t at, call_faults& faults) {
  const auto known = recognise(call);
  if (!known) {
    ++faults.unexpected;
    return std::nullopt;
  }
  const call_set before = slots_[known->slot].seen.fetch_or(known->bit, std::memory_order_acq_rel);
  if ((before & known->bit) != 0) {
    ++faults.duplicates;
    return std::nullopt;
  }
  const call_set required = known->rules->required_before(known->bit);
  if ((before & required) != required) ++faults.out_of_order;
  if ((before | known->bit) != known->rules->all()) return std::nullopt;
  return completed_transaction{known->slot, known->sequence, at};
}

void call_board::look_at(const branch_call& call, call_faults& faults) const {
  const auto known = recognise(call);
  if (!known) {
    ++faults.unexpected;
    return;
  }
  const call_set before = slots_[known->slot].seen.load(std::memory_order_acquire);
  const call_set required = known->rules->required_before(known->bit);
  if ((before & known->bit) != 0) ++faults.duplicates;
  if ((before & required) != required) ++faults.out_of_order;
}

void call_board::completed(std::vector<completed_transaction>& batch, poller& generator) {
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

void call_board::take_completed(std::vector<completed_transaction>& to) {
  const std::scoped_lock lock{mutex_};
  to.swap(completed_);
}

}  // namespace treaty::load
