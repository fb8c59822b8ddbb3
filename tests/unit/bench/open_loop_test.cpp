#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "bench/load/generator.hpp"
#include "bench/load/kinds/kind.hpp"
#include "bench/load/sockets.hpp"

namespace treaty::load {
namespace {

using std::chrono::milliseconds;

/// A coordinator without sockets: answers each request at once, or not before it is let go.
class instant_answers final : public clients {
public:
  void send(std::size_t slot, request_template&, std::string_view) override {
    answers_.push_back({slot, says, hint});
    if (!holds) events.wake();
  }
  void take_answers(std::span<const epoll_event>, std::vector<client_answer>& to) override {
    if (holds) return;
    to.insert(to.end(), answers_.begin(), answers_.end());
    answers_.clear();
  }

  poller events;
  std::atomic<bool> holds{false};
  int says = 200;
  std::int64_t hint = client_answer::no_hint;

private:
  std::vector<client_answer> answers_;
};

/// One request each, whose branches nobody waits for.
work_plan one_request(std::uint64_t limit = 0) {
  request_template request;
  request.expected_status = 200;
  request.overloaded_status = 429;
  work_plan plan{.limit = limit};
  plan.kinds.push_back({.name = "plain", .requests = {request}, .until_branches_called = false});
  return plan;
}

struct open_loop {
  explicit open_loop(std::size_t slots, std::vector<double> rates, std::uint64_t limit)
      : board{slots, {kind_of(mode::saga).rules({.branches = 1})}},
        load{slots, one_request(limit), pacing{.rates = std::move(rates)}, coordinator, board, coordinator.events} {}

  instant_answers coordinator;
  call_board board;
  generator load;
};

TEST(OpenLoop, BeginsTransactionsWhenTheirTimeHasComeAndNotBefore) {
  open_loop run{10, {1'000}, 100};
  const std::int64_t start = now_ns();
  run.load.start();
  run.load.await_limit();
  EXPECT_GE(now_ns() - start, 99'000'000);  // the hundredth begins 99 intervals after the first
  EXPECT_EQ(run.load.finish(milliseconds{0})[0].begun, 100u);
}

// A coordinator that stands still must not hide how long its clients would have waited: latency counts from the moment
// when a transaction should have begun.
TEST(OpenLoop, CountsTheWaitForAFreeSlotAsLatency) {
  open_loop run{1, {1'000}, 40};
  run.coordinator.holds = true;
  const std::int64_t start = now_ns();
  run.load.start();
  while (now_ns() - start < 60'000'000) run.coordinator.events.wake();
  run.coordinator.holds = false;
  run.coordinator.events.wake();
  run.load.await_limit();
  const tally& counts = run.load.finish(milliseconds{0})[0];
  EXPECT_EQ(counts.finished, 40u);
  EXPECT_GE(counts.to_answer.at(0.5), 20'000'000);  // without that all but the first would have taken no time
}

TEST(OpenLoop, CountsWhoIsRefusedApartAndDoesNotBringItBack) {
  open_loop run{10, {10'000}, 50};
  run.coordinator.says = 429;
  run.coordinator.hint = 1'000;
  run.load.start();
  run.load.await_limit();
  const tally& counts = run.load.finish(milliseconds{0})[0];
  EXPECT_EQ(counts.begun, 50u);
  EXPECT_EQ(counts.finished, 0u);
  EXPECT_EQ(counts.to_answer.count(), 0u);
  EXPECT_EQ(counts.refused.to_answer.count(), 50u);
  EXPECT_EQ(counts.refused.without_hint, 0u);
  EXPECT_EQ(counts.refused.hint_most_ms, 1'000);
}

TEST(OpenLoop, CountsARefusalThatDoesNotSayWhenToComeBack) {
  open_loop run{10, {10'000}, 5};
  run.coordinator.says = 429;
  run.load.start();
  run.load.await_limit();
  EXPECT_EQ(run.load.finish(milliseconds{0})[0].refused.without_hint, 5u);
}

TEST(ClosedLoop, BeginsAnotherOneWhenATransactionIsDone) {
  open_loop run{4, {0}, 1'000};
  run.load.start();
  run.load.await_limit();
  EXPECT_EQ(run.load.finish(milliseconds{0})[0].finished, 1'000u);
}

}  // namespace
}  // namespace treaty::load
