#include "core/model/ids.hpp"

#include <gtest/gtest.h>

#include "core/model/record.hpp"

namespace treaty {
namespace {

// The shard stands in stored keys: another hash in a later version would lose every record of this one.
TEST(Hash64, AnswersThePublishedVectorsOfFnv1a) {
  EXPECT_EQ(hash64(""), 0xcbf29ce484222325ULL);
  EXPECT_EQ(hash64("a"), 0xaf63dc4c8601ec8cULL);
  EXPECT_EQ(hash64("foobar"), 0x85944171f73967e8ULL);
}

TEST(ShardOf, PlacesKnownGidsWhereTheyWereEver) {
  EXPECT_EQ(shard_of(gid{"a"}), 0x08c);
  EXPECT_EQ(shard_of(gid{"foobar"}), 0x3e8);
  EXPECT_LT(shard_of(gid{"\xff\x80 any bytes"}), shard_count);
}

// Work is shared out by shard: gids that differ only in a counter must not gather in a few.
TEST(ShardOf, SpreadsGidsThatOnlyCountUpwards) {
  std::vector<int> hits(shard_count, 0);
  for (int number = 0; number < 102'400; ++number) hits[shard_of(gid{"order-" + std::to_string(number)})] += 1;
  for (const int hit : hits) {
    EXPECT_GT(hit, 40);
    EXPECT_LT(hit, 220);
  }
}

// Participants key their barriers by branch id: these texts are part of the protocol.
TEST(StepBranchId, HasTwoDigitsUntilItNeedsThree) {
  EXPECT_EQ(step_branch_id(0).value, "01");
  EXPECT_EQ(step_branch_id(8).value, "09");
  EXPECT_EQ(step_branch_id(98).value, "99");
  EXPECT_EQ(step_branch_id(99).value, "100");
}

}  // namespace
}  // namespace treaty
