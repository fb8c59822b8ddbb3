#include <gtest/gtest.h>

#include <vector>

#include "net/deadlines.hpp"
#include "net/http/connect_breaker.hpp"
#include "net/http/gunzip.hpp"
#include "net/http/request_text.hpp"

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
