// What is read from the store. The first byte: which value the rest is. A whole record is a definition, a progress and
// branches, each with two bytes of length.

#include <memory>

#include "core/driver.hpp"
#include "core/invariants.hpp"
#include "storage/codec.hpp"
#include "storage/rules.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/fuzz/world.hpp"

namespace treaty::fuzz {
namespace {

constexpr time_point now{std::chrono::hours{24 * 365 * 55}};

/// What decodes is encoded again to something that decodes to the same, and the bytes of that are final.
template <class Decode, class Encode>
void check_value(std::string_view bytes, Decode decode, Encode encode) {
  const auto value = decode(bytes);
  if (!value) return FUZZ_CHECK(value.error().code == errc::corrupt && !value.error().detail.empty());
  std::string once;
  encode(*value, once);
  const auto read = decode(once);
  FUZZ_CHECK(read && *read == *value, "read differently the second time");
  std::string twice;
  encode(*read, twice);
  FUZZ_CHECK(once == twice, "one value, two encodings");
}

void check_ending(std::string_view bytes) {
  const auto progress = codec::decode_progress(bytes);
  const auto page = codec::decode_ending(bytes);
  if (!page) return FUZZ_CHECK(page.error().code == errc::corrupt && !page.error().detail.empty());
  if (!*page || !progress) return;
  std::string again;
  codec::encode_progress(*progress, codec::decode_progress_head(bytes)->type, again);
  codec::append_ending(**page, again);
  const auto read = codec::decode_ending(again);
  FUZZ_CHECK(read && *read == *page, "the page of the end is read differently the second time");
  FUZZ_CHECK(codec::decode_progress(again) && *codec::decode_progress(again) == *progress,
             "the page changes the progress");
}

void check_progress(std::string_view bytes) {
  const auto head = codec::decode_progress_head(bytes);
  check_value(bytes, codec::decode_progress,
              [&](const txn_progress& value, std::string& out) { codec::encode_progress(value, head->type, out); });
  if (!head) FUZZ_CHECK(!codec::decode_progress(bytes), "a message behind a head that cannot be read");
  check_ending(bytes);
}

/// A record that the store hands out is shown and driven: neither may fail, whatever is in it.
void check_whole(input in) {
  auto definition = codec::decode_definition(in.counted());
  auto progress = codec::decode_progress(in.counted());
  if (!definition || !progress) return;
  txn_record record;
  record.row = 1;
  record.definition = std::make_shared<const txn_definition>(*std::move(definition));
  record.progress = *std::move(progress);
  while (!in.empty()) {
    auto branch = codec::decode_branch(in.counted());
    if (!branch) return;
    record.branches.push_back(std::make_shared<const registered_branch>(*std::move(branch)));
  }
  const auto whole = check_readable(record);
  if (!whole) return FUZZ_CHECK(whole.error().code == errc::corrupt && !whole.error().detail.empty());
  check_record(record);
  static_cast<void>(violations(record));
  driver machine{record, {}, std::chrono::milliseconds{50}};
  for (const event& one :
       {event{timer_fired{}}, event{answered{0, call_outcome::unknown, "?"}},
        event{answered{1, call_outcome::success, ""}}, event{retry_requested{1}}, event{timer_fired{}}}) {
    output out = machine.offer(one, now);
    while (out.write) out = machine.durable(out.write->progress.revision, now);
  }
}

void check(std::uint8_t kind, input in) {
  switch (kind % 12) {
    case 0:
      return check_value(in.all(), codec::decode_definition, codec::encode_definition);
    case 1:
      return check_progress(in.all());
    case 2:
      return check_value(in.all(), codec::decode_branch, codec::encode_branch);
    case 3:
      if (const auto entry = codec::decode_timeline(in.all()); !entry)  // written by older builds alone
        FUZZ_CHECK(entry.error().code == errc::corrupt && !entry.error().detail.empty());
      return;
    case 4:
      return check_value(in.all(), codec::decode_row, codec::encode_row);
    case 5:
      return check_value(in.all(), codec::decode_due, codec::encode_due);
    case 6:
      return check_value(in.all(), codec::decode_kv, codec::encode_kv);
    case 7:
      return check_whole(in);
    case 8:
      return check_value(
          in.all(), [](std::string_view bytes) { return codec::decode_history(bytes, 3); }, codec::encode_history);
    case 9:
      return check_value(in.all(), codec::decode_open, codec::encode_open);
    case 10:
      return check_value(in.all(), codec::decode_ended, codec::encode_ended);
    case 11:
      return check_value(in.all(), codec::decode_gid, codec::encode_gid);
  }
}

}  // namespace
}  // namespace treaty::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  treaty::fuzz::input in{data, size};
  const std::uint8_t kind = in.byte();
  treaty::fuzz::check(kind, in);
  return 0;
}
