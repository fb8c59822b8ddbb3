#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/memory/memory_store.hpp"
#include "tests/component/actors/coordinator_kit.hpp"
#include "tests/kit/eventually.hpp"

// What operators and watchers get from the running actors: ends that are waited for, histories, the gauge of the stuck,
// web-hooks, skipped calls.
namespace treaty {
namespace {

using kit::coordinator_world;
using kit::quick_options;
using ::testing::ElementsAre;
using ::testing::SizeIs;

coordinator_options impatient() {
  coordinator_options options = quick_options();
  options.retry_interval = std::chrono::milliseconds{20};
  options.retry_interval_max = std::chrono::milliseconds{20};
  options.alert_after = 3;
  return options;
}

std::future<result<txn_record>> wait_end(coordinator_world& world, const std::string& id,
                                         std::chrono::milliseconds limit) {
  auto promise = std::make_shared<std::promise<result<txn_record>>>();
  auto told = promise->get_future();
  world.coordinator->wait_end(gid{id}, limit, [promise](result<txn_record> r) { promise->set_value(std::move(r)); });
  return told;
}

txn_history history_of(coordinator_world& world, const std::string& id) {
  std::promise<result<txn_history>> promise;
  world.coordinator->history(gid{id}, [&](result<txn_history> h) { promise.set_value(std::move(h)); });
  auto told = promise.get_future().get();
  return told ? *std::move(told) : txn_history{};
}

TEST(WaitEnd, AnswersWhenTheEndIsDurableAndNotBefore) {
  coordinator_world world;
  world.participant.hold("http://bank/debit");
  world.submit("g1", {"http://bank/debit"});
  auto end = wait_end(world, "g1", std::chrono::seconds{20});
  EXPECT_TRUE(kit::eventually([&] { return world.participant.held() == 1; }));
  EXPECT_EQ(end.wait_for(std::chrono::milliseconds{0}), std::future_status::timeout);
  world.participant.let_go();
  const auto record = end.get();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->progress.status, txn_status::succeed);
  EXPECT_EQ(world.status_of("g1"), txn_status::succeed);
}

TEST(WaitEnd, AnswersAtOnceWhatHasEndedOrIsUnknown) {
  coordinator_world world;
  world.submit("g1", {"http://bank/debit"}, kit::waiting);
  const auto record = wait_end(world, "g1", std::chrono::hours{1}).get();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->progress.status, txn_status::succeed);
  const auto none = wait_end(world, "nobody", std::chrono::hours{1}).get();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, errc::not_found);
}

TEST(WaitEnd, AnswersHowThingsStandWhenItsTimeIsOver) {
  coordinator_world world;
  world.participant.answer("http://bank/debit", {call_outcome::unknown, "boom"});
  world.submit("g1", {"http://bank/debit"});
  const auto record = wait_end(world, "g1", std::chrono::milliseconds{30}).get();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->progress.status, txn_status::submitted);
}

// A parked transaction is not held in memory by those who wait for it, and they hear of its end all the same.
TEST(WaitEnd, HearsOfTheEndOfAParkedTransaction) {
  coordinator_world world;
  world.participant.answer_once("http://bank/debit", {call_outcome::unknown, "boom"});
  world.submit("g1", {"http://bank/debit"});
  auto end = wait_end(world, "g1", std::chrono::seconds{20});
  ASSERT_TRUE(kit::eventually([&] { return world.gauge("treaty_transactions_parked") == 1; }));
  world.say("g1", retry_requested{});
  const auto record = end.get();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->progress.status, txn_status::succeed);
}

TEST(WaitEnd, IsAnsweredWhenTheCoordinatorStops) {
  coordinator_world world;
  world.participant.hold("http://bank/debit");
  world.submit("g1", {"http://bank/debit"});
  auto end = wait_end(world, "g1", std::chrono::hours{1});
  ASSERT_TRUE(kit::eventually([&] { return world.participant.held() == 1; }));
  world.coordinator->stop();
  EXPECT_EQ(end.get().error().code, errc::unavailable);
}

TEST(History, TellsOfCallsWithTheirDurationsAndOfTheEnd) {
  coordinator_world world;
  world.participant.answer("http://bank/debit", {call_outcome::success, "paid"});
  world.submit("g1", {"http://bank/debit"}, kit::waiting);
  const txn_history told = history_of(world, "g1");
  ASSERT_THAT(told.pages, SizeIs(1));
  ASSERT_THAT(told.pages.front().entries, SizeIs(2));
  const history_entry& call = told.pages.front().entries.front();
  EXPECT_EQ(call.kind, history_kind::called);
  EXPECT_EQ(call.text, "paid");
  EXPECT_GT(call.took.count(), 0);
  EXPECT_EQ(told.pages.front().entries.back().to, txn_status::succeed);
}

// The gauge is what an operator is woken by: it must be right after a restart too, before anything is called again.
TEST(Stuck, IsCountedAcrossARestartAndUntilItEnds) {
  const auto kept = make_memory_store();
  {
    coordinator_world world{impatient(), kept.get()};
    world.participant.answer("http://bank/debit", {call_outcome::unknown, "boom"});
    world.submit("g1", {"http://bank/debit"});
    EXPECT_TRUE(kit::eventually([&] { return world.gauge("treaty_transactions_stuck") == 1; }));
  }
  coordinator_world world{quick_options(), kept.get()};
  world.participant.hold("http://bank/debit");
  EXPECT_TRUE(kit::eventually([&] { return world.participant.held() == 1; }));
  EXPECT_EQ(world.gauge("treaty_transactions_stuck"), 1);
  world.participant.let_go();
  EXPECT_TRUE(world.eventually_has_status("g1", txn_status::succeed));
  EXPECT_TRUE(kit::eventually([&] { return world.gauge("treaty_transactions_stuck") == 0; }));
}

TEST(Hooks, AlertsAreToldFromTheThirdFailureOn) {
  coordinator_world world{impatient()};
  world.participant.answer("http://bank/debit", {call_outcome::unknown, "boom"});
  world.submit("g1", {"http://bank/debit"});
  ASSERT_TRUE(kit::eventually([&] { return world.hooks.alerts().size() >= 2; }));
  const auto alerts = world.hooks.alerts();
  EXPECT_EQ(alerts[0].retry_count, 3U);
  EXPECT_EQ(alerts[1].retry_count, 4U);
  EXPECT_EQ(alerts[0].branch_url, "http://bank/debit");
  EXPECT_EQ(alerts[0].status, txn_status::submitted);
}

TEST(Hooks, EndsAreToldOnceWhenAskedFor) {
  coordinator_options options = quick_options();
  options.tell_every_end = true;
  coordinator_world world{options};
  world.participant.answer("http://bank/debit", {call_outcome::failure, "no money"});
  world.submit("g1", {"http://bank/debit"});
  ASSERT_TRUE(world.eventually_has_status("g1", txn_status::failed));
  ASSERT_TRUE(kit::eventually([&] { return world.hooks.ends().size() == 1; }));
  EXPECT_EQ(world.hooks.ends().front().status, txn_status::failed);
  EXPECT_EQ(world.hooks.ends().front().gid.value, "g1");
}

TEST(Hooks, EndsAreNotToldUnasked) {
  coordinator_world world;
  world.submit("g1", {"http://bank/debit"}, kit::waiting);
  EXPECT_THAT(world.hooks.ends(), SizeIs(0));
}

TEST(Skip, BringsAStuckSagaToItsEnd) {
  coordinator_world world;
  world.participant.answer("http://bank/debit", {call_outcome::unknown, "boom"});
  world.submit("g1", {"http://bank/debit", "http://bank/credit"});
  ASSERT_TRUE(kit::eventually([&] { return world.gauge("treaty_transactions_parked") == 1; }));
  EXPECT_EQ(world.say("g1", skip_requested{branch_id{"01"}, "action", 0, {"ada", "paid by hand"}}), answer{});
  EXPECT_TRUE(world.eventually_has_status("g1", txn_status::succeed));
  EXPECT_THAT(world.calls(), ElementsAre("g1/01 action http://bank/debit", "g1/02 action http://bank/credit"));
  bool named = false;
  for (const history_page& page : history_of(world, "g1").pages) {
    for (const history_entry& one : page.entries) named |= one.actor == "ada" && one.text == "paid by hand";
  }
  EXPECT_TRUE(named);
}

}  // namespace
}  // namespace treaty
