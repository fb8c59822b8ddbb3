#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "net/wire/new_gid.hpp"
#include "net/wire/text_encoding.hpp"

namespace treaty {
namespace {

std::string base64(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

class local_zone {
public:
  explicit local_zone(const char* name) {
    setenv("TZ", name, 1);
    tzset();
  }
  ~local_zone() {
    unsetenv("TZ");
    tzset();
  }
};

std::string written(std::int64_t nanoseconds) {
  std::string out;
  append_rfc3339(out, time_point{duration{nanoseconds}});
  return out;
}

TEST(Base64, IsStandardAndPadded) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64(R"({"a":1})"), "eyJhIjoxfQ==");
  EXPECT_EQ(base64("\xFF\xFE\xFD"), "//79");
}

TEST(Rfc3339, HasAsManyDigitsAsNeeded) {
  const local_zone utc{"UTC"};
  constexpr std::int64_t second = 1'795'366'818;  // 2026-11-22T17:00:18Z
  EXPECT_EQ(written(second * 1'000'000'000), "2026-11-22T17:00:18Z");
  EXPECT_EQ(written(second * 1'000'000'000 + 327'613'730), "2026-11-22T17:00:18.32761373Z");
  EXPECT_EQ(written(second * 1'000'000'000 + 1), "2026-11-22T17:00:18.000000001Z");
  EXPECT_EQ(written(second * 1'000'000'000 + 500'000'000), "2026-11-22T17:00:18.5Z");
}

TEST(Rfc3339, CarriesTheLocalOffset) {
  {
    const local_zone east{"XXX-8"};
    EXPECT_EQ(written(0), "1970-01-01T08:00:00+08:00");
  }
  const local_zone west{"YYY3:30"};
  EXPECT_EQ(written(0), "1969-12-31T20:30:00-03:30");
}

// The published vector of the short form: the UUID with all bits set, and the smallest one, padded.
TEST(ShortId, IsBase57WithTheLeastDigitFirst) {
  std::array<std::uint8_t, 16> uuid{};
  EXPECT_EQ(short_id(uuid), std::string(13, '2'));
  uuid[15] = 56;
  EXPECT_EQ(short_id(uuid), "z" + std::string(12, '2'));
  uuid[15] = 57;
  EXPECT_EQ(short_id(uuid), "23" + std::string(11, '2'));
  uuid.fill(0xFF);
  EXPECT_EQ(short_id(uuid).size(), 22U);
}

TEST(NewGid, IsDifferentEachTimeOnEveryThread) {
  constexpr std::size_t each = 5'000;
  std::vector<std::vector<std::string>> made(4);
  std::vector<std::thread> threads;
  for (auto& mine : made) {
    threads.emplace_back([&mine] {
      for (std::size_t i = 0; i < each; ++i) mine.push_back(new_gid());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& mine : made) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), made.size() * each);
  for (const std::string& one : all) {
    ASSERT_LE(one.size(), 22U);
    ASSERT_EQ(one.find_first_not_of("23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"), std::string::npos);
  }
}

}  // namespace
}  // namespace treaty
