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
  const keys::list_class succeeded{txn_status::succeed, trans_type::tcc, false};
  const keys::list_class waiting{txn_status::prepared, trans_type::workflow, true};
  std::vector<std::string> positions;
  std::vector<std::string> ended;
  std::vector<std::string> open;
  std::vector<std::string> due;
  for (const std::int64_t one : times) {
    for (const record_id row : {record_id{0}, record_id{1}, record_id{256}, std::numeric_limits<record_id>::max()}) {
      positions.emplace_back(keys::make_position(at(one), row).view());
      ended.emplace_back(keys::make_ended(succeeded, at(one), row).view());
      open.emplace_back(keys::make_open(waiting, at(one), row).view());
      due.emplace_back(keys::make_due(258, at(one), row).view());
    }
  }
  due.emplace_back(keys::make_due(259, at(times.front()), 0).view());
  EXPECT_TRUE(std::is_sorted(positions.begin(), positions.end()));
  EXPECT_TRUE(std::is_sorted(ended.begin(), ended.end()));
  EXPECT_TRUE(std::is_sorted(open.rbegin(), open.rend()));  // the newest first
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
  const keys::position_parts position{at(6), 8};
  EXPECT_EQ(keys::parse_position(keys::make_position(at(6), 8).view()), position);
  for (const txn_status status : all_txn_statuses) {
    for (const trans_type type : all_trans_types) {
      for (const bool stuck : {false, true}) {
        const keys::list_class filed{status, type, stuck};
        const auto open = keys::parse_open(keys::make_open(filed, at(6), 8).view());
        const auto ended = keys::parse_ended(keys::make_ended(filed, at(6), 8).view());
        ASSERT_TRUE(open && ended);
        EXPECT_EQ(open->filed, filed);
        EXPECT_EQ(open->position, position);
        EXPECT_EQ(ended->filed, filed);
        EXPECT_EQ(ended->position, position);
      }
    }
  }
}

TEST(Keys, OfListsNameAClassThatThereIs) {
  std::string key{keys::make_ended({txn_status::succeed, trans_type::saga, false}, at(6), 8).view()};
  for (const char wrong : {'\0', '\x01', '\x0a', '\x40', '\x4c', '\x62', '\xff'}) {
    key[0] = wrong;
    EXPECT_FALSE(keys::parse_ended(key)) << static_cast<int>(wrong);
    EXPECT_FALSE(keys::parse_open(key)) << static_cast<int>(wrong);
  }
}

// A client brings it back: it must lead to where the page ended, and nowhere else.
TEST(Keys, OfAPlaceInAListTravelAsCursors) {
  const keys::position_parts position{at(7), 9};
  const std::string in_time = keys::time_cursor(position);
  EXPECT_EQ(keys::parse_list_cursor(in_time)->in_time, position);
  EXPECT_FALSE(keys::parse_list_cursor(in_time)->among_gids);
  const std::string among_many = keys::time_cursor(position, keys::gids_found::too_many);
  EXPECT_EQ(among_many, "m" + in_time);
  EXPECT_EQ(keys::parse_list_cursor(among_many)->in_time, position);
  EXPECT_EQ(keys::parse_list_cursor(among_many)->gids, keys::gids_found::too_many);
  const std::string by_gid = keys::gid_cursor(std::string("a\0b", 3));
  EXPECT_EQ(by_gid, "g610062");
  EXPECT_EQ(keys::parse_list_cursor(by_gid)->among_gids, std::string("a\0b", 3));
  EXPECT_FALSE(keys::parse_list_cursor(by_gid)->in_time);
  for (const std::string& wrong : {std::string{"g"}, std::string{"g6"}, std::string{"gg"}, std::string{"00"},
                                   "mm" + in_time, "g" + std::string(2 * gid_length_max + 2, '6')}) {
    EXPECT_EQ(keys::parse_list_cursor(wrong).error().code, errc::invalid_argument) << wrong;
  }
}

TEST(Keys, HaveAPlaceBehindAllThatBeginAlike) {
  EXPECT_EQ(keys::behind_prefix("order-"), "order.");
  EXPECT_EQ(keys::behind_prefix("a\xff\xff"), "b");
  EXPECT_EQ(keys::behind_prefix("\xff"), "");
  EXPECT_EQ(keys::behind_prefix(""), "");
}

// The layout is on disks: changing it is a new format.
TEST(Keys, HaveTheDocumentedBytes) {
  EXPECT_EQ(keys::to_hex(keys::make_row(0x0102030405060708).view()), "0102030405060708");
  EXPECT_EQ(keys::to_hex(keys::make_branch(2, 3).view()), "000000000000000200000003");
  EXPECT_EQ(keys::to_hex(keys::make_due(0x03ff, at(1), 2).view()), "03ff80000000000000010000000000000002");
  EXPECT_EQ(keys::to_hex(keys::make_position(at(-1), 2).view()), "7fffffffffffffff0000000000000002");
  EXPECT_EQ(keys::to_hex(keys::make_ended({txn_status::failed, trans_type::msg, false}, at(1), 2).view()),
            "5880000000000000010000000000000002");
  EXPECT_EQ(keys::to_hex(keys::make_open({txn_status::submitted, trans_type::saga, true}, at(1), 2).view()),
            "237ffffffffffffffefffffffffffffffd");
}

TEST(Keys, AreRefusedAtAnyOtherLength) {
  for (std::size_t size = 0; size < 32; ++size) {
    const std::string bytes(size, '\x01');
    EXPECT_EQ(keys::parse_row(bytes).has_value(), size == 8);
    EXPECT_EQ(keys::parse_branch(bytes).has_value(), size == 12);
    EXPECT_EQ(keys::parse_due(bytes).has_value(), size == 18);
    EXPECT_EQ(keys::parse_position(bytes).has_value(), size == 16);
    const std::string listed = std::string(1, '\x42') + bytes;
    EXPECT_EQ(keys::parse_open(listed).has_value(), size == 16);
    EXPECT_EQ(keys::parse_ended(listed).has_value(), size == 16);
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
