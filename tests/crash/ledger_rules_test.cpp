#include "tests/crash/ledger_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace treaty::crash {
namespace {

using ::testing::HasSubstr;

/// "a1 a2! c2": action of step 1 succeeded, action of step 2 did not, compensation of step 2 succeeded.
std::vector<kit::seen_call> ledger(const std::string& text) {
  std::vector<kit::seen_call> calls;
  std::istringstream words{text};
  for (std::string word; words >> word;) {
    kit::seen_call call;
    call.op = word[0] == 'a' ? "action" : "compensate";
    call.branch = std::string{"0"} + word[1];
    call.answered = word.back() == '!' ? 409 : 200;
    calls.push_back(call);
  }
  return calls;
}

std::string judge(const std::string& end, const std::string& text, bool concurrent = false) {
  return check_ledger({"g", 2, concurrent}, end, ledger(text));
}

// The checker must see each kind of damage, or a crash test that passes says nothing.
TEST(LedgerRules, AcceptsWhatTheProtocolAllows) {
  EXPECT_EQ(judge("succeed", "a1 a2"), "");
  EXPECT_EQ(judge("succeed", "a1 a1 a2! a2"), "");
  EXPECT_EQ(judge("failed", "a1 a2! c2 c1"), "");
  EXPECT_EQ(judge("failed", "a1! c1"), "");
  EXPECT_EQ(judge("failed", "a1 a2! c2 c1! c2 c1"), "");
  EXPECT_EQ(judge("failed", "a2 a1! c1 c2", /*concurrent=*/true), "");
  EXPECT_EQ(judge("failed", "a1! c1 a2 c2", /*concurrent=*/true), "");
}

TEST(LedgerRules, SeesEveryKindOfDamage) {
  EXPECT_THAT(judge("succeed", "a1"), HasSubstr("step 2 never succeeded"));
  EXPECT_THAT(judge("succeed", "a1 a2! c2 c1"), HasSubstr("compensated as well"));
  EXPECT_THAT(judge("succeed", "a2 a1"), HasSubstr("before the one before it"));
  EXPECT_THAT(judge("failed", "a1 a2! c2"), HasSubstr("step 1 was called and never undone"));
  EXPECT_THAT(judge("failed", "a1 a2! c1 c2"), HasSubstr("step 1 was undone before step 2"));
  EXPECT_THAT(judge("failed", "a1 a2! c2 a2 c2 c1"), HasSubstr("after the rollback had begun"));
  EXPECT_THAT(judge("failed", "a1! c1 a1 c1"), HasSubstr("after the rollback had begun"));
  EXPECT_THAT(judge("failed", "a1! a2 c2 a2 c1 c2", /*concurrent=*/true), HasSubstr("after the rollback had begun"));
  EXPECT_THAT(judge("failed", "c2 c1 a1"), HasSubstr("step 1 was undone before its last call"));
  EXPECT_THAT(judge("submitted", "a1"), HasSubstr("has not ended"));
  EXPECT_THAT(judge("failed", "a1 a7"), HasSubstr("no step asks for"));
}

}  // namespace
}  // namespace treaty::crash
