#include "net/http/asio_loop.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace treaty {
namespace {

using namespace std::chrono_literals;

TEST(AsioLoop, RunsPostedWorkInOrderOnItsOwnThread) {
  asio_loop lane;
  std::vector<int> seen;
  bool inside = false;
  EXPECT_FALSE(lane.on_thread());
  for (int i = 0; i < 3; ++i) lane.post([&seen, i] { seen.push_back(i); });
  lane.post([&] {
    inside = lane.on_thread();
    lane.stop();
  });
  EXPECT_TRUE(seen.empty()) << "posted work never runs inline";
  std::thread{[&lane] { lane.run(); }}.join();
  EXPECT_TRUE(inside);
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2}));
}

// A lane has one alarm: what was set before must not ring too, even when both moments have passed.
TEST(AsioLoop, ALaterWakeUpReplacesTheOneBefore) {
  asio_loop lane;
  std::vector<int> rung;
  lane.post([&] {
    lane.wake_at(now() - 1s, [&] { rung.push_back(1); });
    lane.wake_at(now() + 5ms, [&] {
      rung.push_back(2);
      lane.stop();
    });
  });
  lane.run();
  EXPECT_EQ(rung, std::vector<int>{2});
}

TEST(AsioLoop, WakesAtOnceWhenTheMomentHasPassed) {
  asio_loop lane;
  lane.post([&] { lane.wake_at(now() - 1h, [&] { lane.stop(); }); });
  const auto before = std::chrono::steady_clock::now();
  lane.run();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
}

TEST(Now, IsTheWallClockAtStartAndNeverGoesBack) {
  const time_point first = now();
  EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - first), 10s);
  for (int i = 0; i < 1000; ++i) ASSERT_LE(first, now());
}

}  // namespace
}  // namespace treaty
