#include "tests/crash/ledger_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/crash/rules.hpp"

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

/// "confirm02 confirm01!": calls of a two-phase or message transaction; `!` did not succeed.
std::vector<kit::seen_call> calls_of(const std::string& text) {
  std::vector<kit::seen_call> calls;
  std::istringstream words{text};
  for (std::string word; words >> word;) {
    kit::seen_call call;
    call.answered = word.back() == '!' ? 500 : 200;
    if (word.back() == '!') word.pop_back();
    call.branch = word.substr(word.size() - 2);
    call.op = word.substr(0, word.size() - 2);
    calls.push_back(call);
  }
  return calls;
}

txn_story story_of(txn_kind kind) {
  txn_story story;
  story.gid = "g";
  story.kind = kind;
  story.steps = 2;
  story.asked_prepare = story.told_exists = true;
  if (kind == txn_kind::tcc || kind == txn_kind::xa) story.asked_branches = story.told_branches = {"01", "02"};
  return story;
}
txn_story submitted(txn_kind kind) {
  txn_story story = story_of(kind);
  story.asked_submit = story.told_submitted = true;
  return story;
}
txn_story aborted(txn_kind kind) {
  txn_story story = story_of(kind);
  story.commits = false;
  story.asked_abort = story.told_aborted = true;
  return story;
}

const shown_end good{"succeed", {"01", "02"}};
const shown_end bad{"failed", {"01", "02"}};
const shown_end gone{"absent", {}};

TEST(StoryRules, AcceptsWhatTheProtocolAllows) {
  EXPECT_EQ(check_story(submitted(txn_kind::tcc), good, calls_of("confirm02! confirm02 confirm01 confirm01")), "");
  EXPECT_EQ(check_story(aborted(txn_kind::tcc), bad, calls_of("cancel02 cancel01")), "");
  EXPECT_EQ(check_story(story_of(txn_kind::tcc), bad, calls_of("cancel02 cancel01")), "");  // its time limit
  EXPECT_EQ(check_story(submitted(txn_kind::xa), good, calls_of("commit01 commit02")), "");
  EXPECT_EQ(check_story(submitted(txn_kind::msg), good, calls_of("msg00! action01 action02")), "");
  EXPECT_EQ(check_story(aborted(txn_kind::msg), bad, calls_of("msg00!")), "");
  EXPECT_EQ(check_story(submitted(txn_kind::workflow), good, calls_of("flow00! flow00")), "");
  txn_story unheard = story_of(txn_kind::saga);
  unheard.told_exists = false;
  EXPECT_EQ(check_story(unheard, gone, {}), "");
}

TEST(StoryRules, SeesWhatWasLost) {
  EXPECT_THAT(check_story(submitted(txn_kind::msg), gone, {}), HasSubstr("acknowledged, and is gone"));
  txn_story unheard = story_of(txn_kind::msg);
  unheard.told_exists = false;
  EXPECT_THAT(check_story(unheard, gone, calls_of("action01")), HasSubstr("its branches were called"));
  EXPECT_THAT(check_story(submitted(txn_kind::tcc), {"succeed", {"01"}}, calls_of("confirm01")),
              HasSubstr("the registration of branch 02 was acknowledged and is gone"));
  txn_story flow = submitted(txn_kind::workflow);
  flow.told_branches = {"03"};
  EXPECT_THAT(check_story(flow, good, {}), HasSubstr("the progress 03"));
  EXPECT_THAT(check_story(submitted(txn_kind::tcc), {"submitted", {"01", "02"}}, {}), HasSubstr("has not ended"));
}

TEST(StoryRules, SeesTwoDecisions) {
  EXPECT_THAT(check_story(submitted(txn_kind::tcc), good, calls_of("confirm02 cancel02 confirm01")),
              HasSubstr("cancel was called"));
  EXPECT_THAT(check_story(submitted(txn_kind::xa), bad, calls_of("rollback01 rollback02")),
              HasSubstr("submit was acknowledged, and it failed"));
  EXPECT_THAT(check_story(aborted(txn_kind::tcc), good, calls_of("confirm02 confirm01")),
              HasSubstr("nobody had submitted"));
  txn_story seen = submitted(txn_kind::tcc);
  seen.seen_ends = {"failed"};
  EXPECT_THAT(check_story(seen, good, calls_of("confirm02 confirm01")), HasSubstr("was seen as failed"));
  txn_story waited = submitted(txn_kind::saga);
  waited.told_success = true;
  EXPECT_THAT(check_story(waited, bad, {}), HasSubstr("was told of its success"));
  EXPECT_THAT(check_story(aborted(txn_kind::msg), good, calls_of("action01 action02")), HasSubstr("decided otherwise"));
  EXPECT_THAT(check_story(submitted(txn_kind::workflow), bad, {}), HasSubstr("decided otherwise"));
}

TEST(StoryRules, SeesCallsThatAreMissingOrOutOfTurn) {
  EXPECT_THAT(check_story(submitted(txn_kind::tcc), good, calls_of("confirm01 confirm02")),
              HasSubstr("confirm 01 was called before confirm 02"));
  EXPECT_THAT(check_story(submitted(txn_kind::xa), good, calls_of("commit02 commit01")),
              HasSubstr("commit 02 was called before commit 01"));
  EXPECT_THAT(check_story(aborted(txn_kind::tcc), bad, calls_of("cancel02")), HasSubstr("cancel 01 never succeeded"));
  EXPECT_THAT(check_story(submitted(txn_kind::msg), good, calls_of("action01")),
              HasSubstr("action 02 never succeeded"));
  EXPECT_THAT(check_story(submitted(txn_kind::msg), good, calls_of("action01! action02 action01")),
              HasSubstr("action 02 was called before"));
  EXPECT_THAT(check_story(aborted(txn_kind::msg), bad, calls_of("action01")), HasSubstr("an action was called"));
  EXPECT_THAT(check_story(submitted(txn_kind::tcc), good, calls_of("confirm03")), HasSubstr("not registered"));
  EXPECT_THAT(check_story(submitted(txn_kind::msg), good, calls_of("action09")), HasSubstr("no step asks for"));
}

}  // namespace
}  // namespace treaty::crash
