#include "actors/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <vector>

namespace treaty {
namespace {

using namespace std::chrono_literals;

constexpr duration tick{1 << 22};
const time_point start{std::chrono::hours{24 * 365 * 56}};

struct probe final : timer_node {
  void fire() override { fired += 1; }
  int fired = 0;
};

// A retry that comes before its moment would break "not called again before this".
TEST(TimerWheel, FiresAtTheMomentOrUpToOneTickLaterNeverEarlier) {
  for (const duration wait : {duration{1ms}, duration{5ms}, duration{1s}, duration{1100ms}, duration{70s}, duration{5h},
                              duration{std::chrono::hours{24 * 40}}, duration{std::chrono::hours{24 * 400}}}) {
    timer_wheel wheel{start};
    probe node;
    wheel.arm(node, start + wait);
    wheel.advance(start + wait - duration{1}, 100);
    EXPECT_EQ(node.fired, 0) << wait.count();
    wheel.advance(start + wait + tick, 100);
    EXPECT_EQ(node.fired, 1) << wait.count();
  }
}

// A lane sleeps until next_wake: were it later than a firing, a transaction would be forgotten.
TEST(TimerWheel, NextWakeIsNeverLaterThanTheNextFiring) {
  std::mt19937 random{42};
  timer_wheel wheel{start};
  std::vector<std::unique_ptr<probe>> nodes;
  std::map<time_point, int> expected;
  time_point now = start;
  for (int round = 0; round < 3000; ++round) {
    const duration wait = duration{static_cast<std::int64_t>(random() % 3) == 0 ? random() % 5'000'000
                                                                                : random() * 1000ULL % 400'000'000'000};
    nodes.push_back(std::make_unique<probe>());
    wheel.arm(*nodes.back(), now + wait);
    const auto wake = wheel.next_wake();
    ASSERT_TRUE(wake);
    time_point earliest = now + wait;
    for (const auto& one : nodes) {
      if (one->is_armed()) earliest = std::min(earliest, one->due());
    }
    ASSERT_LE(*wake, earliest + tick);
    if (round % 3 == 0) {
      now = std::max(now, *wake);
      wheel.advance(now, 1000);
      for (const auto& one : nodes) ASSERT_TRUE(!one->is_armed() || one->due() + tick > now - tick);
    }
  }
}

// Sleeping until next_wake again and again must reach every node.
TEST(TimerWheel, SleepingFromWakeToWakeFiresEveryNodeOnce) {
  std::mt19937_64 random{7};
  timer_wheel wheel{start};
  std::vector<std::unique_ptr<probe>> nodes;
  for (int at = 0; at < 2000; ++at) {
    nodes.push_back(std::make_unique<probe>());
    wheel.arm(*nodes.back(), start + duration{static_cast<std::int64_t>(random() % (std::uint64_t{1} << 52))});
  }
  std::size_t wakes = 0;
  while (const auto wake = wheel.next_wake()) {
    wheel.advance(*wake, 100'000);
    ASSERT_LT(++wakes, 20'000u);
  }
  for (const auto& one : nodes) EXPECT_EQ(one->fired, 1);
  EXPECT_EQ(wheel.size(), 0u);
}

TEST(TimerWheel, ADisarmedOrDestroyedNodeDoesNotFire) {
  timer_wheel wheel{start};
  probe kept;
  wheel.arm(kept, start + 1s);
  {
    probe gone;
    wheel.arm(gone, start + 1s);
  }
  kept.disarm();
  EXPECT_EQ(wheel.size(), 0u);
  EXPECT_EQ(wheel.advance(start + 2s, 10), 0u);
  EXPECT_EQ(kept.fired, 0);
}

TEST(TimerWheel, ArmingAgainReplacesTheMoment) {
  timer_wheel wheel{start};
  probe node;
  wheel.arm(node, start + 1s);
  wheel.arm(node, start + 10s);
  wheel.advance(start + 5s, 10);
  EXPECT_EQ(node.fired, 0);
  wheel.advance(start + 11s, 10);
  EXPECT_EQ(node.fired, 1);
}

// A million timers that are due at once must not keep the sockets waiting.
TEST(TimerWheel, FiresAtMostTheLimitAndTheRestAtTheNextCall) {
  timer_wheel wheel{start};
  std::vector<std::unique_ptr<probe>> nodes;
  for (int at = 0; at < 25; ++at) {
    nodes.push_back(std::make_unique<probe>());
    wheel.arm(*nodes.back(), start + 1s);
  }
  EXPECT_EQ(wheel.advance(start + 2s, 10), 10u);
  ASSERT_TRUE(wheel.next_wake());
  EXPECT_LE(*wheel.next_wake(), start + 2s);
  EXPECT_EQ(wheel.advance(start + 2s, 10), 10u);
  EXPECT_EQ(wheel.advance(start + 2s, 10), 5u);
  EXPECT_FALSE(wheel.next_wake());
}

}  // namespace
}  // namespace treaty
