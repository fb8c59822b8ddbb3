#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include "tests/crash/points/crash_point.hpp"
#include "tests/crash/storm.hpp"

namespace treaty::crash {
namespace {

storm_report storm_of(kill_kinds kinds, std::uint64_t kills) {
  const char* const given = std::getenv("TREATY_CRASH_SEED");
  const std::uint64_t seed = given == nullptr ? std::random_device{}() : std::strtoull(given, nullptr, 10);
  std::cout << "replay with TREATY_CRASH_SEED=" << seed << "\n";
  const storm_report report = storm_round(
      {.treatyd = TREATYD_BINARY, .treatyd_crash = TREATYD_CRASH_BINARY, .seed = seed, .kills = kills, .kinds = kinds});
  std::cout << report.kills() << " kills, " << report.transactions << " transactions, " << report.acknowledged
            << " acknowledged, " << report.calls << " branch calls, settled in " << report.settled_max.count()
            << " ms\n";
  for (const std::string& violation : report.violations) ADD_FAILURE() << violation;
  EXPECT_GT(report.acknowledged, 0u);
  return report;
}

// A client that was told "accepted" may rely on it, whatever happens to the machine: this is the product.
TEST(Kill, AtRandomMomentsLosesNothingThatWasAcknowledged) {
  EXPECT_GE(storm_of(kill_kinds::random, 50).kills(), 50u);
}

// The moments at which it matters most are too short to be met by chance.
TEST(Kill, BeforeAndAfterEachDurableWriteAndEachSendLosesNothingThatWasAcknowledged) {
  const storm_report report = storm_of(kill_kinds::points, 2 * crash_points.size());
  for (const named_point& point : crash_points)
    EXPECT_TRUE(report.point_kills.contains(std::string{point.name})) << point.name << " was never reached";
}

}  // namespace
}  // namespace treaty::crash
