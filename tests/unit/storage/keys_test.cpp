#include "storage/keys.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace treaty {
namespace {

time_point at(std::int64_t nanoseconds) {
  return time_point{duration{nanoseconds}};
}

// Scans rely on byte order being number order; a wrong sign would hide what is due.
TEST(Keys, SortAsTheirNumbersDo) {
  const std::vector<std::int64_t> times{
      std::numeric_limits<std::int64_t>::min(), -1, 0, 1, 255, 256, 1'700'000'000'000'000'000,
      std::numeric_limits<std::int64_t>::max()};
  std::vector<std::string> timeline;
  std::vector<std::string> due;
  for (const std::int64_t one : times) {
    for (const record_id row : {record_id{0}, record_id{1}, record_id{256}, std::numeric_limits<record_id>::max()}) {
      timeline.emplace_back(keys::make_timeline(at(one), row).view());
      due.emplace_back(keys::make_due(258, at(one), row).view());
    }
  }
  due.emplace_back(keys::make_due(259, at(times.front()), 0).view());
  EXPECT_TRUE(std::is_sorted(timeline.begin(), timeline.end()));
  EXPECT_TRUE(std::is_sorted(due.begin(), due.end()));
  EXPECT_LT(keys::make_row(255).view(), keys::make_row(256).view());
  EXPECT_LT(keys::make_branch(1, 0xffffffff).view(), keys::make_branch(2, 0).view());
}

TEST(Keys, ComeBackAsTheyWere) {
  EXPECT_EQ(keys::parse_row(keys::make_row(77).view()), 77U);
  const auto branch = keys::parse_branch(keys::make_branch(7, 9).view());
  ASSERT_TRUE(branch);
  EXPECT_EQ(branch->row, 7U);
  EXPECT_EQ(branch->index, 9U);
  const auto due = keys::parse_due(keys::make_due(1023, at(-5), 8).view());
  ASSERT_TRUE(due);
  EXPECT_EQ(due->shard, 1023);
  EXPECT_EQ(due->due, at(-5));
  EXPECT_EQ(due->row, 8U);
  const auto timeline = keys::parse_timeline(keys::make_timeline(at(6), 8).view());
  ASSERT_TRUE(timeline);
  EXPECT_EQ(timeline->created, at(6));
  EXPECT_EQ(timeline->row, 8U);
}

// The layout is on disks: changing it is a new format.
TEST(Keys, HaveTheDocumentedBytes) {
  EXPECT_EQ(keys::to_hex(keys::make_row(0x0102030405060708).view()), "0102030405060708");
  EXPECT_EQ(keys::to_hex(keys::make_branch(2, 3).view()), "000000000000000200000003");
  EXPECT_EQ(keys::to_hex(keys::make_due(0x03ff, at(1), 2).view()), "03ff80000000000000010000000000000002");
  EXPECT_EQ(keys::to_hex(keys::make_timeline(at(-1), 2).view()), "7fffffffffffffff0000000000000002");
}

TEST(Keys, AreRefusedAtAnyOtherLength) {
  for (std::size_t size = 0; size < 32; ++size) {
    const std::string bytes(size, '\x01');
    EXPECT_EQ(keys::parse_row(bytes).has_value(), size == 8);
    EXPECT_EQ(keys::parse_branch(bytes).has_value(), size == 12);
    EXPECT_EQ(keys::parse_due(bytes).has_value(), size == 18);
    EXPECT_EQ(keys::parse_timeline(bytes).has_value(), size == 16);
  }
}

TEST(Keys, HaveAPlaceRightInFrontOfThem) {
  for (const record_id row : {record_id{1}, record_id{0x100}, record_id{0x10000}, record_id{0x1234}}) {
    const std::string front = keys::in_front_of(keys::make_row(row).view());
    EXPECT_GT(front, keys::make_row(row - 1).view()) << row;
    EXPECT_LT(front, keys::make_row(row).view()) << row;
    EXPECT_EQ(front.size(), 9u);
  }
}

TEST(Keys, TravelAsHex) {
  const std::string bytes("\0\xff\x10", 3);
  EXPECT_EQ(keys::to_hex(bytes), "00ff10");
  EXPECT_EQ(keys::from_hex("00ff10"), bytes);
  EXPECT_EQ(keys::from_hex("0"), std::nullopt);
  EXPECT_EQ(keys::from_hex("0g"), std::nullopt);
  EXPECT_EQ(keys::from_hex("FF"), std::nullopt);
  EXPECT_EQ(*keys::parse_cursor("00ff10", 3), bytes);
  EXPECT_EQ(keys::parse_cursor("00ff10", 4).error().code, errc::invalid_argument);
}

}  // namespace
}  // namespace treaty
