#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/kit/driver_host.hpp"

// What a transaction's history tells, as the driver hands it to the store.
namespace treaty {
namespace {

using kit::driver_host;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr server_policy with_history(std::uint32_t pages_max = 8) {
  server_policy policy;
  policy.history_pages_max = pages_max;
  return policy;
}

std::string line_of(const history_entry& one) {
  switch (one.kind) {
    case history_kind::called:
      return "called " + std::to_string(one.leg) + ' ' + std::string{to_string(one.outcome)} + ' ' + one.text;
    case history_kind::asked:
      return "asked " + std::string{to_string(one.outcome)};
    case history_kind::registered:
      return "registered " + std::to_string(one.leg);
    case history_kind::decided:
      return std::string{to_string(one.from)} + " -> " + std::string{to_string(one.to)} + ' ' + one.text;
    case history_kind::operated:
      return std::string{to_string(one.action)} + " by " + one.actor + ": " + one.text;
  }
  return {};
}

/// The pages that were handed out since the last time.
std::vector<history_page> take_pages(driver_host& host) {
  std::vector<history_page> pages;
  for (kit::request& one : host.take_requests()) {
    auto* write = std::get_if<write_set>(&one);
    if (write != nullptr && !write->history.entries.empty()) pages.push_back(std::move(write->history));
  }
  return pages;
}

std::vector<std::string> lines_of(const std::vector<history_page>& pages) {
  std::vector<std::string> lines;
  for (const history_page& page : pages) {
    for (const history_entry& one : page.entries) lines.push_back(line_of(one));
  }
  return lines;
}

driver_host submitted(std::vector<std::string> steps, server_policy policy) {
  driver_host host{{std::move(steps)}, policy};
  host.restart();
  host.submit();
  host.settle();
  return host;
}

// A happy saga writes twice, and its history adds no third write.
TEST(History, RidesOnTheWritesThatAreMadeAnyway) {
  auto host = submitted({"debit", "credit"}, with_history());
  host.answer("debit", branch_op::action, call_outcome::success, "fine");
  host.answer("credit", branch_op::action, call_outcome::success);
  host.settle();
  EXPECT_EQ(host.take_write_count(), 2U);
}

TEST(History, TellsCallsAndDecisionsInTheirOrder) {
  auto host = submitted({"debit", "credit"}, with_history());
  host.answer("debit", branch_op::action, call_outcome::success, "fine");
  host.answer("credit", branch_op::action, call_outcome::failure, "no money");
  host.settle();
  host.answer("credit", branch_op::compensate, call_outcome::success);
  host.answer("debit", branch_op::compensate, call_outcome::success);
  host.settle();
  EXPECT_THAT(
      lines_of(take_pages(host)),
      ElementsAre("called 1 success fine", "called 3 failure no money",
                  "submitted -> aborting url:http://bank/credit return failed: no money FAILURE", "called 2 success ",
                  "called 0 success ", "aborting -> failed url:http://bank/credit return failed: no money FAILURE"));
}

TEST(History, NamesTheOperatorAndTheReason) {
  auto host = submitted({"debit"}, with_history());
  host.answer("debit", branch_op::action, call_outcome::unknown, "timeout");
  host.offer(retry_requested{0, {"ada", "the bank is back"}});
  host.settle();
  host.offer(force_stop_requested{0, {"bob", "given up"}});
  host.settle();
  EXPECT_THAT(lines_of(take_pages(host)), ElementsAre("called 1 unknown timeout", "retry by ada: the bank is back",
                                                      "force_stop by bob: given up", "submitted -> failed "));
}

TEST(History, LateAndRepeatedAnswersAreNotTold) {
  auto host = submitted({"debit", "credit"}, with_history());
  host.answer("debit", branch_op::action, call_outcome::success);
  host.answer("debit", branch_op::action, call_outcome::success);
  host.answer("credit", branch_op::action, call_outcome::success);
  host.settle();
  host.answer("credit", branch_op::action, call_outcome::failure);
  host.settle();
  EXPECT_THAT(lines_of(take_pages(host)),
              ElementsAre("called 1 success ", "called 3 success ", "submitted -> succeed "));
}

TEST(History, CutsLongTexts) {
  auto host = submitted({"debit"}, with_history());
  host.answer("debit", branch_op::action, call_outcome::success, std::string(5'000, 'x'));
  host.settle();
  const auto pages = take_pages(host);
  ASSERT_FALSE(pages.empty());
  EXPECT_EQ(pages.front().entries.front().text.size(), history_text_bytes_max);
}

// A branch that fails for years must not fill the disk; how it began and how it stands are what an operator needs.
TEST(History, KeepsTheBeginningAndTheNewestPages) {
  auto host = submitted({"debit"}, with_history(8));
  for (int round = 0; round < 50; ++round) {
    host.answer("debit", branch_op::action, call_outcome::unknown);
    host.pass(std::chrono::hours{1});
    host.settle();
  }
  std::set<std::uint32_t> slots;
  std::uint32_t number = 0;
  for (const history_page& page : take_pages(host)) {
    EXPECT_EQ(page.number, number++);
    EXPECT_LT(page.slot, 8U);
    EXPECT_TRUE(page.number < 2 || page.slot >= 2) << "the first quarter stays";
    slots.insert(page.slot);
  }
  EXPECT_EQ(slots.size(), 8U);
  EXPECT_EQ(host.stored()->progress.history_pages, number);
}

TEST(History, GoesOnCountingAfterACrash) {
  auto host = submitted({"debit"}, with_history());
  host.answer("debit", branch_op::action, call_outcome::unknown);
  host.pass(std::chrono::seconds{1});
  host.settle();
  host.crash();
  host.restart();
  host.pass(std::chrono::seconds{30});
  host.answer("debit", branch_op::action, call_outcome::success);
  host.settle();
  std::vector<std::uint32_t> numbers;
  for (const history_page& page : take_pages(host)) numbers.push_back(page.number);
  EXPECT_THAT(numbers, ElementsAre(0U, 1U));
}

TEST(History, IsNotKeptWhenSwitchedOff) {
  auto host = submitted({"debit"}, with_history(0));
  host.answer("debit", branch_op::action, call_outcome::success);
  host.settle();
  EXPECT_THAT(take_pages(host), IsEmpty());
}

}  // namespace
}  // namespace treaty
