#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bench/load/chart.hpp"
#include "bench/load/compare.hpp"
#include "bench/load/latency.hpp"
#include "bench/load/tally.hpp"

namespace treaty::load {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Compare, SaysWhatIsWorseWhicheverWayIsBetter) {
  const json before{{"per_second", 1000}, {"coordinator", {{"cpu_us_per_transaction", 50}}}};
  const json after{{"per_second", 900}, {"coordinator", {{"cpu_us_per_transaction", 40}}}};
  const auto figures = compare(before, after);
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_NEAR(figures[0].worse_by(), 0.1, 1e-9);
  EXPECT_NEAR(figures[1].worse_by(), -0.2, 1e-9);
}

TEST(Compare, LeavesOutWhatOneRunDidNotMeasure) {
  const json before{{"per_second", 1000}, {"coordinator", {{"syncs_per_transaction", nullptr}}}};
  const json after{{"coordinator", {{"syncs_per_transaction", 0.5}}}};
  EXPECT_THAT(compare(before, after), IsEmpty());
}

TEST(Compare, NamesOptionsThatDiffer) {
  const json before{{"options", {{"in_flight", 64}, {"protocol", "http"}}}};
  const json after{{"options", {{"in_flight", 256}, {"protocol", "http"}}}};
  EXPECT_THAT(differing_options(before, after), ElementsAre("in_flight: 64, then 256"));
}

TEST(Chart, DrawsEachLineWithItsNameAndNeedsNothingFromElsewhere) {
  const std::string svg =
      draw({.title = "a < b", .x_label = "seconds", .y_label = "ms", .lines = {{"p50", {{0, 1}, {1, 2}, {2, 4}}}}});
  EXPECT_THAT(svg, HasSubstr("<polyline"));
  EXPECT_THAT(svg, HasSubstr(">p50</text>"));
  EXPECT_THAT(svg, HasSubstr("a &lt; b"));
  EXPECT_THAT(svg, Not(HasSubstr("href")));
}

TEST(Chart, DrawsNothingOfLessThanTwoPoints) {
  EXPECT_THAT(draw({.title = "t", .x_label = "x", .y_label = "y", .lines = {{"one", {{0, 1}}}}}), IsEmpty());
}

TEST(Chart, LeavesOutWhatALogarithmCannotShow) {
  const std::string svg = draw({.title = "t",
                                .x_label = "x",
                                .y_label = "y",
                                .lines = {{"line", {{0, 0}, {1, 10}, {2, 100}}}},
                                .y_scale = scale::logarithmic});
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

TEST(Chart, TicksAreRoundNumbers) {
  EXPECT_THAT(round_ticks(0, 10, 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(round_ticks(0, 1'300, 5), ElementsAre(0, 500, 1'000));
}

TEST(LatencyHistogram, IsOffByLessThanAHundredth) {
  latency_histogram of;
  for (std::int64_t i = 1; i <= 100'000; ++i) of.add(i * 1'000);
  EXPECT_NEAR(static_cast<double>(of.at(0.5)), 50e6, 0.5e6);
  EXPECT_NEAR(static_cast<double>(of.at(0.99)), 99e6, 0.99e6);
  EXPECT_EQ(of.at(1), 100'000'000);
}

TEST(Windows, HoldWhatHappenedInTheirTime) {
  windows all{std::chrono::nanoseconds{100}};
  all.advance(1'000, 0);
  all.note_begun();
  all.note_finished(5);
  all.advance(1'050, 1);
  EXPECT_THAT(all.closed(), IsEmpty());
  all.advance(1'100, 7);
  all.note_refused();
  all.advance(1'200, 0);
  ASSERT_EQ(all.closed().size(), 2u);
  EXPECT_EQ(all.closed()[0].finished, 1u);
  EXPECT_EQ(all.closed()[0].p99, 5);
  EXPECT_EQ(all.closed()[0].in_flight, 7u);
  EXPECT_EQ(all.closed()[1].finished, 0u);
  EXPECT_EQ(all.closed()[1].refused, 1u);
}

}  // namespace
}  // namespace treaty::load
