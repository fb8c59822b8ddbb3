#include "bench/load/judgement.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace treaty::load {
namespace {

std::vector<double> series(std::size_t count, double (*at)(double)) {
  std::vector<double> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(at(static_cast<double>(i)));
  return out;
}

TEST(Flatness, ForgivesWhatFillsUpAtTheBeginning) {
  const auto flat = flatness_of(series(400, [](double at) { return std::min(at, 90.0); }));
  ASSERT_TRUE(flat);
  EXPECT_TRUE(is_flat(*flat, 0));
}

TEST(Flatness, ForgivesWhatGoesUpAndDownAllTheTime) {
  const auto flat = flatness_of(series(400, [](double at) { return 100 + std::fmod(at, 20) * 5; }));
  ASSERT_TRUE(flat);
  EXPECT_TRUE(is_flat(*flat, 0));
  EXPECT_EQ(flat->highest, 195);
}

TEST(Flatness, SeesALeakOfAHundredthPart) {
  const auto flat = flatness_of(series(400, [](double at) { return 100 + at / 10; }));
  ASSERT_TRUE(flat);
  EXPECT_FALSE(is_flat(*flat, 10));
}

TEST(Flatness, SaysNothingAboutAHandfulOfReadings) {
  EXPECT_FALSE(flatness_of({1, 1, 1}));
}

window calm(std::int64_t from) {
  return {.from = from, .length = 1, .finished = 10, .p99 = 5};
}

window busy(std::int64_t from) {
  return {.from = from, .length = 1, .finished = 10, .p99 = 50};
}

TEST(Recovery, LastsUntilItIsCalmForGood) {
  const std::vector<window> timeline{busy(1), busy(2), busy(3), calm(4), busy(5), calm(6), calm(7), calm(8), calm(9)};
  EXPECT_EQ(recovery_ns(timeline, 2, 10), 4);
}

TEST(Recovery, IsNotOverWhileSomebodyIsRefused) {
  std::vector<window> timeline{calm(1), calm(2), calm(3), calm(4), calm(5), calm(6)};
  timeline[2].refused = 1;
  EXPECT_EQ(recovery_ns(timeline, 1, 10), std::nullopt);
}

TEST(Recovery, IsNotOverWhileNothingFinishes) {
  std::vector<window> timeline{calm(1), calm(2), calm(3), calm(4)};
  for (window& one : timeline) one.finished = 0;
  EXPECT_EQ(recovery_ns(timeline, 1, 10), std::nullopt);
}

}  // namespace
}  // namespace treaty::load
