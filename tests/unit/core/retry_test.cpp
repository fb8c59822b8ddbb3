#include "core/retry.hpp"

#include <gtest/gtest.h>

namespace treaty {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr retry_policy policy{milliseconds{10'000}, milliseconds{600'000}};

// A participant that does not answer must not be hammered, and must not be forgotten either.
TEST(RetryWait, DoublesFromTheFirstWaitUpToTheCapAndStaysThere) {
  milliseconds wait{0};
  std::vector<milliseconds> waits;
  for (int call = 0; call < 9; ++call) waits.push_back(wait = next_wait(growth::growing, wait, policy));
  const std::vector<milliseconds> expected{seconds{10},  seconds{20},  seconds{40},  seconds{80}, seconds{160},
                                           seconds{320}, seconds{600}, seconds{600}, seconds{600}};
  EXPECT_EQ(waits, expected);
}

// "Not finished yet" is news, not trouble: the participant is asked again at the same pace.
TEST(RetryWait, StaysConstantWhileOngoing) {
  EXPECT_EQ(next_wait(growth::constant, milliseconds{0}, policy), seconds{10});
  EXPECT_EQ(next_wait(growth::constant, seconds{10}, policy), seconds{10});
  EXPECT_EQ(next_wait(growth::constant, seconds{40}, policy), seconds{40});
}

// A client may ask for a first wait beyond the server's cap; it gets that wait and no shorter one.
TEST(RetryWait, DoesNotShrinkAFirstWaitThatIsLongerThanTheCap) {
  const retry_policy slow{seconds{900}, seconds{600}};
  EXPECT_EQ(next_wait(growth::growing, milliseconds{0}, slow), seconds{900});
  EXPECT_EQ(next_wait(growth::growing, seconds{900}, slow), seconds{900});
}

// Doubling for years must not wrap around into the past, which would be a busy loop.
TEST(RetryWait, NeverOverflows) {
  const retry_policy huge{milliseconds{1}, milliseconds::max()};
  milliseconds wait{0};
  for (int call = 0; call < 200; ++call) {
    const milliseconds next = next_wait(growth::growing, wait, huge);
    ASSERT_GE(next, wait);
    wait = next;
  }
  EXPECT_EQ(wait, longest_wait);
}

// Those that failed together spread evenly over the share, and each is where it was after a restart.
TEST(RetryJitter, IsTheSameForTheSameAndSpreadOverOthers) {
  retry_policy shaken = policy;
  EXPECT_EQ(jitter_of(gid{"g"}, 1, 1, seconds{10}, shaken), milliseconds{0});
  shaken.jitter_percent = 50;
  milliseconds sum{0};
  for (int at = 0; at < 1'000; ++at) {
    const milliseconds one = jitter_of(gid{"g" + std::to_string(at)}, 1, 1, seconds{10}, shaken);
    EXPECT_EQ(one, jitter_of(gid{"g" + std::to_string(at)}, 1, 1, seconds{10}, shaken));
    EXPECT_GE(one, milliseconds{0});
    EXPECT_LT(one, seconds{5});
    sum += one;
  }
  EXPECT_NEAR(static_cast<double>(sum.count()) / 1'000, 2'500, 150);
  EXPECT_NE(jitter_of(gid{"g"}, 1, 1, seconds{10}, shaken), jitter_of(gid{"g"}, 1, 2, seconds{10}, shaken));
  EXPECT_NE(jitter_of(gid{"g"}, 1, 1, seconds{10}, shaken), jitter_of(gid{"g"}, 3, 1, seconds{10}, shaken));
  EXPECT_EQ(jitter_of(gid{"g"}, 1, 1, milliseconds{0}, shaken), milliseconds{0});
}

// What the client asked for comes first, then what its time-out implies, then what the operator configured.
TEST(RetryPolicy, TakesTheClientsIntervalThenAShorterTimeoutThenTheServers) {
  txn_options options;
  EXPECT_EQ(policy_for(options, policy).first, seconds{10});
  options.timeout_to_fail = seconds{3};
  EXPECT_EQ(policy_for(options, policy).first, seconds{3});
  options.timeout_to_fail = seconds{30};
  EXPECT_EQ(policy_for(options, policy).first, seconds{10});
  options.retry_interval = seconds{150};
  EXPECT_EQ(policy_for(options, policy).first, seconds{150});
  EXPECT_EQ(policy_for(options, policy).cap, policy.cap);
}

// A number that somebody typed to say "practically never" must not become a moment in the past.
TEST(RetryPolicy, HoldsBackAnIntervalThatNoClockCanCount) {
  txn_options options;
  options.retry_interval = seconds::max();
  const milliseconds first = policy_for(options, policy).first;
  EXPECT_GT(first, hours{24 * 365});
  const time_point now{seconds{1'700'000'000}};
  EXPECT_GT(now + next_wait(growth::growing, first, policy_for(options, policy)), now);
}

}  // namespace
}  // namespace treaty
