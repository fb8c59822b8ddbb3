#include <gtest/gtest.h>

#include <vector>

#include "net/call_rules.hpp"
#include "net/deadlines.hpp"
#include "net/http/careful_put.hpp"
#include "net/http/connect_breaker.hpp"
#include "net/http/gunzip.hpp"
#include "net/http/request_reader.hpp"
#include "net/http/request_text.hpp"
#include "net/http/response_reader.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;

class noted_deadline final : public deadline_entry {
public:
  noted_deadline(std::vector<int>& into, int name) : into_{into}, name_{name} {}
  void expired() override { into_.push_back(name_); }

private:
  std::vector<int>& into_;
  int name_;
};

TEST(Deadlines, ExpireInOrderNeverEarlyAndNotAfterLeaving) {
  const deadline_list::clock::time_point start{1h};
  std::vector<int> expired;
  deadline_list list;
  noted_deadline first{expired, 1};
  noted_deadline second{expired, 2};
  noted_deadline left{expired, 3};
  list.add(second, start + 25ms);
  list.add(first, start + 11ms);
  list.add(left, start + 12ms);
  {
    noted_deadline gone{expired, 4};
    list.add(gone, start + 5ms);
  }
  left.leave();
  EXPECT_EQ(list.earliest(), start + 20ms);
  list.sweep(start + 19ms);
  EXPECT_TRUE(expired.empty());
  list.sweep(start + 20ms);
  EXPECT_EQ(expired, std::vector<int>{1});
  list.add(first, start + 50ms);  // again
  list.sweep(start + 1s);
  EXPECT_EQ(expired, (std::vector<int>{1, 2, 1}));
  EXPECT_EQ(list.earliest(), std::nullopt);
}

template <class Reader>
bool is_read_byte_by_byte(Reader& reader, std::string_view message) {
  std::string unread;
  for (const char byte : message) {
    unread += byte;
    boost::beast::error_code error;
    while (!error && !reader.is_done() && !unread.empty()) {
      unread.erase(0, careful_put(reader, boost::asio::buffer(unread), error));
    }
    if (error && error != boost::beast::http::error::need_more) return false;
  }
  return reader.is_done() && unread.empty();
}

// Found by fuzzing: a last chunk that comes in pieces made the parser's own assertion end the process.
TEST(HttpReaders, TakeAChunkedBodyByteByByte) {
  received_request request;
  request_reader from_client{request, 4096, 4096};
  EXPECT_TRUE(is_read_byte_by_byte(from_client, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
  response_parts answer;
  response_reader from_participant{answer, 4096, 4096};
  EXPECT_TRUE(is_read_byte_by_byte(
      from_participant,
      "HTTP/1.1 409 C\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nT: v\r\n\r\n"));
  EXPECT_EQ(answer.body, "abcd");
}

TEST(Breaker, OpensAfterFiveFailuresInARowForLongerAndLonger) {
  connect_breaker breaker{{}};
  connect_breaker::time now{1h};
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(breaker.failed(now, "refused", 0));
  EXPECT_FALSE(breaker.is_open(now));
  EXPECT_TRUE(breaker.failed(now, "refused", 0));
  EXPECT_TRUE(breaker.is_open(now + 999ms));
  EXPECT_EQ(breaker.text(now), "not tried for another 1000 ms after 5 failed connects: refused");
  for (const auto window : {1'000ms, 2'000ms, 4'000ms, 5'000ms, 5'000ms}) {
    EXPECT_TRUE(breaker.is_open(now + window - 1ms));
    EXPECT_FALSE(breaker.is_open(now + window));
    EXPECT_TRUE(breaker.is_probing(now + window));
    now += window;
    breaker.failed(now, "refused", 0);
  }
  breaker.connected();
  EXPECT_FALSE(breaker.is_open(now) || breaker.is_probing(now) || breaker.tripped());
}

TEST(Breaker, CountsOnlyFailuresInARowAndSpreadsItsWindows) {
  connect_breaker breaker{{}};
  const connect_breaker::time now{1h};
  for (int i = 0; i < 4; ++i) breaker.failed(now, "refused", 0);
  breaker.connected();
  for (int i = 0; i < 4; ++i) breaker.failed(now, "refused", 0);
  EXPECT_FALSE(breaker.is_open(now));
  breaker.failed(now, "refused", 0.5);
  EXPECT_TRUE(breaker.is_open(now + 1'099ms));
  EXPECT_FALSE(breaker.is_open(now + 1'100ms));
}

TEST(RequestText, CanonicalisesAsGoDoes) {
  EXPECT_EQ(canonical_header_name("test_header"), "Test_header");
  EXPECT_EQ(canonical_header_name("hh"), "Hh");
  EXPECT_EQ(canonical_header_name("X-b-CC"), "X-B-Cc");
}

TEST(RequestText, ChecksHeaders) {
  EXPECT_TRUE(check_headers({{"X", "a\tb \xC3\xA9"}}));
  for (const char* name : {"", "a b", "a:b", "a\r\nb", "\xC3\xA9"}) EXPECT_FALSE(check_headers({{name, "v"}})) << name;
  for (const char* value : {"a\r\nb", "a\nb", "\x7F", "\x01"}) EXPECT_FALSE(check_headers({{"X", value}}));
}

TEST(Gunzip, RefusesWhatIsNoGzip) {
  EXPECT_FALSE(gunzip("", 100));
  EXPECT_FALSE(gunzip("plain", 100));
  EXPECT_FALSE(gunzip("\x1F\x8B\x08", 100));
}

}  // namespace
}  // namespace treaty
