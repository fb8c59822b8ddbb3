#include <gtest/gtest.h>

#include "core/advance.hpp"
#include "core/driver.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{std::chrono::seconds{1'000'000}};

std::shared_ptr<txn_definition> define(trans_type type, std::size_t steps = 0) {
  auto out = std::make_shared<txn_definition>();
  out->gid = gid{"g"};
  out->type = type;
  for (std::size_t at = 0; at < steps; ++at) {
    out->steps.push_back({"http://b/a" + std::to_string(at), ""});
    out->payloads.emplace_back("1");
  }
  return out;
}

context at(time_point now) {
  return {now, {}};
}

txn_state fresh() {
  txn_state state;
  state.gid = gid{"g"};
  return state;
}

std::size_t calls_in(const transition& decided) {
  std::size_t calls = 0;
  for (const effect& one : decided.orders) calls += std::holds_alternative<call_leg>(one) ? 1 : 0;
  return calls;
}

// A timer that names a moment in the past fires for ever.
TEST(DelayedMessage, WaitsForNothingWhileItsFirstActionIsOnItsWay) {
  auto definition = define(trans_type::msg, 2);
  definition->delay = 10s;
  transition submitted = advance(fresh(), submit_requested{definition}, at(start));
  EXPECT_EQ(calls_in(submitted), 0U);
  EXPECT_EQ(next_moment(submitted.next), start + 10s);
  const transition called = advance(std::move(submitted.next), timer_fired{}, at(start + 10s));
  EXPECT_EQ(calls_in(called), 1U);
  EXPECT_EQ(next_moment(called.next), std::nullopt);
}

// The delay is the sender's word, not a retry: an operator who hurries retries does not break it.
TEST(DelayedMessage, IsNotHurriedByAnOperator) {
  auto definition = define(trans_type::msg, 1);
  definition->delay = 10s;
  transition submitted = advance(fresh(), submit_requested{definition}, at(start));
  const transition hurried = advance(std::move(submitted.next), retry_requested{7}, at(start + 1s));
  EXPECT_EQ(calls_in(hurried), 0U);
  EXPECT_EQ(next_moment(hurried.next), start + 10s);
}

TEST(Message, OperatorHurriesAQuestionThatWaitsForARepetition) {
  auto definition = define(trans_type::msg, 1);
  definition->query_prepared = "http://b/q";
  transition prepared = advance(fresh(), prepare_requested{definition}, at(start));
  transition untouched = advance(std::move(prepared.next), retry_requested{}, at(start + 1s));
  EXPECT_TRUE(untouched.orders.empty()) << "its sender may still submit it";
  transition asked = advance(std::move(untouched.next), timer_fired{}, at(start + 40s));
  ASSERT_EQ(asked.orders.size(), 1U);
  transition told = advance(std::move(asked.next), watch_answered{call_outcome::unknown, "refused"}, at(start + 41s));
  const transition hurried = advance(std::move(told.next), retry_requested{}, at(start + 42s));
  ASSERT_EQ(hurried.orders.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<call_watch>(hurried.orders[0]));
}

TEST(Tcc, NumberOfBranchesIsBounded) {
  transition prepared = advance(fresh(), prepare_requested{define(trans_type::tcc)}, at(start));
  register_requested many{.type = trans_type::tcc, .branches = {}, .reply_to = 9};
  for (std::size_t at_branch = 0; at_branch <= registered_rows_max; ++at_branch) {
    auto row = std::make_shared<registered_branch>();
    row->id = branch_id{std::to_string(at_branch)};
    many.branches.push_back(std::move(row));
  }
  const transition refused = advance(std::move(prepared.next), many, at(start));
  ASSERT_EQ(refused.orders.size(), 1U);
  EXPECT_EQ(std::get<reply>(refused.orders[0]).what.kind, answer_kind::invalid);
  EXPECT_TRUE(refused.next.record.branches.empty());
}

// A transaction that waits for an answer that cannot come would stay in memory for ever.
TEST(Driver, ForgetsTheCallsThatAStopHasOvertaken) {
  driver machine{gid{"g"}, 1, {}, 50ms};
  output first = machine.offer(submit_requested{define(trans_type::saga, 1)}, start);
  ASSERT_TRUE(first.write);
  EXPECT_TRUE(machine.offer(force_stop_requested{}, start).now.empty());
  output second = machine.durable(first.write->progress.revision, start);
  EXPECT_TRUE(second.now.empty());
  ASSERT_TRUE(second.write);
  machine.durable(second.write->progress.revision, start);
  EXPECT_TRUE(machine.finished());
  EXPECT_TRUE(machine.may_park());
}

}  // namespace
}  // namespace treaty
