#include "proto/records.pb.h"
#include "storage/codec.hpp"
#include "storage/codec_bytes.hpp"
#include "storage/codec_scratch.hpp"

namespace treaty::codec {
namespace {

namespace v1 = treaty::store::v1;

// What the value of a left-out field means. Written down here, and not taken from history_entry: it is on disks.
constexpr history_kind kind_left_out = history_kind::called;
constexpr operator_action action_left_out = operator_action::force_stop;
constexpr call_outcome outcome_left_out = call_outcome::unknown;
constexpr txn_status status_left_out = txn_status::prepared;

template <class Enum>
std::uint32_t to_number(Enum value, Enum left_out) {
  return value == left_out ? 0 : static_cast<std::uint32_t>(value);
}

/// Into `value`; false when the number is none of 1 .. `count`.
template <class Enum>
bool from_number(std::uint32_t number, Enum left_out, std::size_t count, Enum& value) {
  if (number > count) return false;
  value = number == 0 ? left_out : static_cast<Enum>(number);
  return true;
}

// Any two times have a distance, and any bytes name a time: the arithmetic wraps around.
std::int64_t distance(std::int64_t from, std::int64_t to) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from));
}
std::int64_t advance(std::int64_t from, std::int64_t by) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(from) + static_cast<std::uint64_t>(by));
}

void fill_entry(const history_entry& entry, std::int64_t first_at, v1::HistoryEntry& out) {
  out.set_after_first(distance(first_at, to_nanoseconds(entry.at)));
  out.set_kind(to_number(entry.kind, kind_left_out));
  out.set_action(to_number(entry.action, action_left_out));
  out.set_outcome(to_number(entry.outcome, outcome_left_out));
  out.set_from(to_number(entry.from, status_left_out));
  out.set_to(to_number(entry.to, status_left_out));
  out.set_leg(entry.leg);
  out.set_took(entry.took.count());
  if (!entry.actor.empty()) out.set_actor(entry.actor);
  if (!entry.text.empty()) out.set_text(entry.text);
}

result<history_entry> read_entry(const v1::HistoryEntry& in, std::int64_t first_at) {
  const auto refuse = [](std::string_view what, std::uint32_t number) {
    return corrupt("history", std::string{"has "} + std::string{what} + ' ' + std::to_string(number));
  };
  history_entry entry;
  if (!from_number(in.kind(), kind_left_out, history_kinds, entry.kind)) return refuse("kind", in.kind());
  if (!from_number(in.action(), action_left_out, operator_actions, entry.action)) return refuse("action", in.action());
  if (!from_number(in.outcome(), outcome_left_out, all_call_outcomes.size(), entry.outcome)) {
    return refuse("outcome", in.outcome());
  }
  if (!from_number(in.from(), status_left_out, all_txn_statuses.size(), entry.from)) return refuse("status", in.from());
  if (!from_number(in.to(), status_left_out, all_txn_statuses.size(), entry.to)) return refuse("status", in.to());
  entry.at = from_nanoseconds(advance(first_at, in.after_first()));
  entry.leg = in.leg();
  entry.took = duration{in.took()};
  entry.actor = in.actor();
  entry.text = in.text();
  return entry;
}

void fill_page(const history_page& page, v1::HistoryPage& out) {
  const std::int64_t first_at = page.entries.empty() ? 0 : to_nanoseconds(page.entries.front().at);
  out.set_number(page.number);
  out.set_left_out(page.left_out);
  out.set_first_at(first_at);
  for (const history_entry& entry : page.entries) fill_entry(entry, first_at, *out.add_entries());
}

result<history_page> read_page(const v1::HistoryPage& in, std::uint32_t slot) {
  history_page page;
  page.number = in.number();
  page.slot = slot;
  page.left_out = in.left_out();
  page.entries.reserve(static_cast<std::size_t>(in.entries().size()));
  for (const v1::HistoryEntry& one : in.entries()) {
    TREATY_TRY(history_entry entry, read_entry(one, in.first_at()));
    page.entries.push_back(std::move(entry));
  }
  return page;
}

}  // namespace

void encode_history(const history_page& page, std::string& out) {
  scratch<v1::HistoryPage> message;
  fill_page(page, *message);
  start(out);
  message.write_after(out);
}

result<history_page> decode_history(std::string_view bytes, std::uint32_t slot) {
  TREATY_TRY(const std::string_view body, after_format(bytes, "history"));
  scratch<v1::HistoryPage> message;
  if (!message.read(body)) return corrupt("history", "is not a message");
  return read_page(*message, slot);
}

void append_ending(const history_page& page, std::string& progress_bytes) {
  scratch<v1::HistoryPage> last;
  fill_page(page, *last);
  scratch<v1::Ending> message;
  // Lent, not owned: to clear an owned one is to free all that its entries have allocated.
  message->unsafe_arena_set_allocated_last_page(&*last);
  message->set_last_slot(page.slot);
  message.write_after(progress_bytes);
  static_cast<void>(message->unsafe_arena_release_last_page());
}

result<std::optional<history_page>> decode_ending(std::string_view progress_bytes) {
  if (auto head = decode_progress_head(progress_bytes); !head) return head.error();
  scratch<v1::Ending> message;
  if (!message.read(progress_bytes.substr(progress_head_size))) return corrupt("progress", "is not a message");
  if (!message->has_last_page()) return std::optional<history_page>{};
  TREATY_TRY(history_page page, read_page(message->last_page(), message->last_slot()));
  return std::optional{std::move(page)};
}

}  // namespace treaty::codec
