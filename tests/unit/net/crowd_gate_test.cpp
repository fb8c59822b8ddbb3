#include "net/http/crowd_gate.hpp"

#include <gtest/gtest.h>

namespace treaty {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t places = 100;

/// A destination whose calls take 100 ms: 1,000 a second.
struct asked_gate {
  explicit asked_gate(std::chrono::milliseconds wait_max) : gate{wait_max} {
    for (int i = 0; i < 100; ++i) gate.took(100ms);
  }
  bool crowded_after(std::chrono::milliseconds pause, std::size_t ahead) {
    return gate.is_crowded(now += pause, ahead, places);
  }
  /// Asked every 100 ms; the last answer.
  bool crowded_all_through(std::chrono::milliseconds time, std::size_t ahead) {
    bool out = false;
    for (auto passed = 0ms; passed < time; passed += 100ms) out = crowded_after(100ms, ahead);
    return out;
  }

  crowd_gate gate;
  crowd_gate::time now{1h};
};

TEST(CrowdGate, NothingIsCrowdedBeforeACallWasAnswered) {
  crowd_gate gate{250ms};
  EXPECT_FALSE(gate.is_crowded(crowd_gate::time{1h}, 1'000'000, places));
}

TEST(CrowdGate, ABurstIsLetInUntilItsLastCallWouldWaitTooLong) {
  asked_gate asked{250ms};
  EXPECT_FALSE(asked.crowded_after(1ms, 240));
  EXPECT_TRUE(asked.crowded_after(1ms, 260));
  EXPECT_FALSE(asked.crowded_after(1ms, 240));
}

TEST(CrowdGate, WhereCallsTakeLongTheyMayWaitAsLong) {
  asked_gate asked{10ms};
  EXPECT_FALSE(asked.crowded_after(1ms, 95));
  EXPECT_TRUE(asked.crowded_after(1ms, 105));
}

TEST(CrowdGate, AQueueThatStandsIsHeldShort) {
  asked_gate asked{250ms};
  EXPECT_FALSE(asked.crowded_all_through(900ms, 60));
  EXPECT_TRUE(asked.crowded_all_through(300ms, 60)) << "a second is over";
  EXPECT_FALSE(asked.crowded_after(100ms, 45));
  EXPECT_TRUE(asked.crowded_after(100ms, 55)) << "it still stands";
}

TEST(CrowdGate, AfterASecondOfShortWaitsBurstsAreLetInAgain) {
  asked_gate asked{250ms};
  ASSERT_TRUE(asked.crowded_all_through(1'500ms, 60));
  EXPECT_FALSE(asked.crowded_all_through(1'200ms, 10));
  EXPECT_FALSE(asked.crowded_after(100ms, 200));
}

TEST(CrowdGate, WhatWasLongAgoDoesNotCount) {
  asked_gate asked{250ms};
  ASSERT_TRUE(asked.crowded_all_through(1'500ms, 60));
  EXPECT_FALSE(asked.crowded_after(2'000ms, 200));
}

TEST(CrowdGate, ZeroLetsEverythingIn) {
  asked_gate asked{0ms};
  EXPECT_FALSE(asked.crowded_all_through(3'000ms, 100'000));
}

}  // namespace
}  // namespace treaty
