// A topic as it is stored, and what changes do to it. The first line is the text; the others are changes: '+' or '-',
// URL, a blank, remark; "x" removes the topic.

#include "core/topics/topic.hpp"
#include "net/wire/kv_json.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/fuzz/json.hpp"

namespace treaty::fuzz {
namespace {

void expect_stored_well(const topic& what) {
  const std::string text = topic_text(what);
  const auto read = parse_topic_text(text);
  FUZZ_CHECK(read && *read == what, text);
  const std::string shown = kv_listing_json({{"topics", "name", text, 1, {}, {}}}, "00");
  FUZZ_CHECK(is_json(shown), shown);
  for (const subscriber& one : what) {
    if (!is_utf8(one.url) || !is_utf8(one.remark)) return;
  }
  FUZZ_CHECK(is_json(text), text);
}

topic_change read_change(std::string_view line) {
  input in{line};
  const std::uint8_t sign = in.byte();
  topic_change out{sign == 'x'   ? topic_action::remove
                   : sign == '-' ? topic_action::unsubscribe
                                 : topic_action::subscribe,
                   "name"};
  out.url = in.until(" ");
  out.remark = in.all();
  return out;
}

void change_topic(input in) {
  const auto read = parse_topic_text(in.until("\n"));
  std::optional<topic> now;
  if (read) now = *read;
  if (read) expect_stored_well(*read);
  while (!in.empty()) {
    auto becomes = decide(now ? &*now : nullptr, read_change(in.until("\n")));
    if (!becomes) {
      FUZZ_CHECK(!becomes.error().detail.empty());
      continue;
    }
    now = *std::move(becomes);
    if (now) expect_stored_well(*now);
  }
}

}  // namespace
}  // namespace treaty::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  treaty::fuzz::change_topic(treaty::fuzz::input{data, size});
  return 0;
}
