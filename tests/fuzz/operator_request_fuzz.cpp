// What our own API is asked for. The first byte says which request it is.

#include "net/wire/operator_requests.hpp"

#include "net/url_text.hpp"
#include "net/wire/text_encoding.hpp"
#include "tests/fuzz/check.hpp"

namespace treaty::fuzz {
namespace {

void check_list(const list_request& what) {
  FUZZ_CHECK(what.limit >= 1 && what.limit <= api_page_max, "a page is bounded");
  FUZZ_CHECK(what.gid_prefix.size() <= gid_length_max, "a prefix is no longer than a gid");
  FUZZ_CHECK(what.created_from >= time_point{} && what.created_to >= time_point{}, "no moment lies before 1970");
}

void check_note(const operator_note& by) {
  FUZZ_CHECK(!by.actor.empty() && by.actor.size() <= history_actor_bytes_max, "an actor is there and is kept whole");
  FUZZ_CHECK(!by.reason.empty() && by.reason.size() <= history_text_bytes_max, "a reason is there and is kept whole");
}

void check_moment(std::string_view text) {
  const auto moment = parse_rfc3339(text);
  if (!moment) return;
  std::string written;
  append_rfc3339(written, *moment);
  if (*moment >= time_point{})
    FUZZ_CHECK(parse_rfc3339(written) == moment, "a time that is written is read as the same");
}

void run(std::uint8_t which, std::string_view text) {
  switch (which % 6) {
    case 0:
      if (const auto read = parse_list_query(text)) check_list(*read);
      break;
    case 1:
      if (const auto read = parse_wait_query(text))
        FUZZ_CHECK(read->count() >= 0 && *read <= api_wait_max, "a wait ends");
      break;
    case 2:
      if (const auto read = parse_operator_note(text)) check_note(*read);
      break;
    case 3:
      if (const auto read = parse_retry_many(text)) {
        check_note(read->by);
        check_list(read->what);
      }
      break;
    case 4:
      check_moment(text);
      break;
    case 5:
      FUZZ_CHECK(percent_decoded(text).size() <= text.size(), "decoding makes nothing longer");
      break;
  }
}

}  // namespace
}  // namespace treaty::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  treaty::fuzz::input in{data, size};
  const std::uint8_t which = in.byte();
  treaty::fuzz::run(which, in.all());
  return 0;
}
