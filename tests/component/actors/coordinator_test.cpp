#include "actors/coordinator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include "storage/memory/memory_store.hpp"
#include "tests/component/actors/coordinator_kit.hpp"
#include "tests/kit/eventually.hpp"

namespace treaty {
namespace {

using kit::coordinator_world;
using testing::ElementsAre;

constexpr auto soon = std::chrono::seconds{10};

TEST(Coordinator, ASagaThatSucceedsIsStoredAndItsActionsAreCalledInOrder) {
  coordinator_world world;
  EXPECT_EQ(world.submit("g1", {"debit", "credit"}).kind, answer_kind::ok);
  EXPECT_TRUE(world.eventually_has_status("g1", txn_status::succeed));
  EXPECT_THAT(world.calls(), ElementsAre("g1/01 action debit", "g1/02 action credit"));
}

TEST(Coordinator, ARefusedActionRollsBackTheFailedStepToo) {
  coordinator_world world;
  world.participant.answer("credit", {call_outcome::failure, "no money"});
  const answer told = world.submit("g1", {"debit", "credit"}, kit::waiting);
  EXPECT_EQ(told.kind, answer_kind::failure);
  EXPECT_EQ(told.message, "url:credit return failed: no money FAILURE");
  EXPECT_TRUE(world.eventually_has_status("g1", txn_status::failed));
  EXPECT_THAT(world.calls(), ElementsAre("g1/01 action debit", "g1/02 action credit", "g1/02 compensate undo-credit",
                                         "g1/01 compensate undo-debit"));
}

// A waiting submit may be answered only when the end is durable: a query right after it must agree.
TEST(Coordinator, AWaitingSubmitIsAnsweredWhenTheEndIsStored) {
  coordinator_world world;
  EXPECT_EQ(world.submit("g1", {"debit"}, kit::waiting).kind, answer_kind::ok);
  EXPECT_EQ(world.status_of("g1"), txn_status::succeed);
}

TEST(Coordinator, ASecondSubmitAfterTheEndIsRefusedByWhatIsStored) {
  coordinator_world world;
  world.submit("g1", {"debit"}, kit::waiting);
  const answer told = world.submit("g1", {"debit"});
  EXPECT_EQ(told.kind, answer_kind::failure);
  EXPECT_EQ(told.message, "current status 'succeed', cannot sumbmit. FAILURE");
}

TEST(Coordinator, WordsAboutAnUnknownGidAreAnsweredAndStoreNothing) {
  coordinator_world world;
  const answer told = world.say("nobody", force_stop_requested{});
  EXPECT_EQ(told.kind, answer_kind::internal);
  EXPECT_EQ(told.message, "no TransGlobal with gid: nobody found");
  EXPECT_FALSE(world.status_of("nobody"));
}

// What waits long leaves memory, and comes back when its moment has come.
TEST(Coordinator, AnUnknownOutcomeIsParkedAndRepeatedWhenDue) {
  coordinator_options options = kit::quick_options();
  options.retry_interval = std::chrono::milliseconds{300};
  options.idle_after = std::chrono::milliseconds{50};
  coordinator_world world{options};
  world.participant.answer_once("debit", {call_outcome::unknown, "connection refused"});
  EXPECT_EQ(world.submit("g1", {"debit"}).kind, answer_kind::ok);
  EXPECT_TRUE(kit::eventually([&] { return world.gauge("treaty_transactions_parked") == 1; }, soon));
  EXPECT_TRUE(world.eventually_has_status("g1", txn_status::succeed));
  EXPECT_THAT(world.calls(), ElementsAre("g1/01 action debit", "g1/01 action debit"));
  EXPECT_TRUE(kit::eventually([&] { return world.gauge("treaty_transactions_in_flight") == 0; }, soon));
}

TEST(Coordinator, AParkedSagaThatIsSpokenToComesBackAtOnce) {
  coordinator_options options = kit::quick_options();
  options.retry_interval = std::chrono::hours{1};
  options.idle_after = std::chrono::milliseconds{10};
  coordinator_world world{options};
  world.participant.answer_once("debit", {call_outcome::unknown, "connection refused"});
  world.submit("g1", {"debit"});
  EXPECT_TRUE(kit::eventually([&] { return world.gauge("treaty_transactions_in_flight") == 0; }, soon));
  EXPECT_EQ(world.say("g1", retry_requested{}).kind, answer_kind::ok);
  EXPECT_TRUE(world.eventually_has_status("g1", txn_status::succeed));
  EXPECT_EQ(world.gauge("treaty_transactions_parked"), 0);
}

TEST(Coordinator, AfterARestartEveryUnfinishedSagaGoesOn) {
  const auto kept = make_memory_store();
  {
    coordinator_world world{kit::quick_options(), kept.get()};
    world.participant.hold("credit");
    for (int at = 0; at < 50; ++at) world.submit("g" + std::to_string(at), {"debit", "credit"});
    EXPECT_TRUE(kit::eventually([&] { return world.participant.held() == 50; }, soon));
  }
  coordinator_world world{kit::quick_options(), kept.get()};
  for (int at = 0; at < 50; ++at) {
    EXPECT_TRUE(world.eventually_has_status("g" + std::to_string(at), txn_status::succeed));
  }
}

TEST(Coordinator, OverTheLimitNewTransactionsAreRefusedAndNothingIsStored) {
  coordinator_options options = kit::quick_options();
  options.live_max = 2;
  coordinator_world world{options, nullptr, 1};
  world.participant.hold("debit");
  EXPECT_EQ(world.submit("g1", {"debit"}).kind, answer_kind::ok);
  EXPECT_EQ(world.submit("g2", {"debit"}).kind, answer_kind::ok);
  EXPECT_EQ(world.submit("g3", {"debit"}).kind, answer_kind::overloaded);
  EXPECT_FALSE(world.status_of("g3"));
  world.participant.let_go();
  EXPECT_TRUE(world.eventually_has_status("g1", txn_status::succeed));
  EXPECT_TRUE(kit::eventually([&] { return world.submit("g3", {"debit"}).kind == answer_kind::ok; }, soon));
}

// Calls that wait longer than their time-out are repeated without having been made: more of them help nobody.
TEST(Coordinator, NewTransactionsWhoseCallsWouldWaitTooLongAreRefusedAndOthersAreNot) {
  coordinator_world world;
  world.participant.crowd("credit", true);
  EXPECT_EQ(world.submit("g1", {"debit", "credit"}).kind, answer_kind::overloaded);
  EXPECT_FALSE(world.status_of("g1"));
  EXPECT_EQ(world.submit("g2", {"debit"}).kind, answer_kind::ok);
  world.participant.crowd("credit", false);
  EXPECT_EQ(world.submit("g1", {"debit", "credit"}).kind, answer_kind::ok);
  EXPECT_TRUE(world.eventually_has_status("g1", txn_status::succeed));
}

TEST(Coordinator, DrainingRefusesNewOnesAndFinishesWhatIsInFlight) {
  coordinator_world world;
  world.participant.hold("debit");
  world.submit("g1", {"debit"});
  world.coordinator->stop_admitting();
  EXPECT_EQ(world.coordinator->state(), coordinator_state::draining);
  EXPECT_EQ(world.submit("g2", {"debit"}).kind, answer_kind::unavailable);
  EXPECT_EQ(world.coordinator->drain(std::chrono::milliseconds{20}), 1u);
  world.participant.let_go();
  EXPECT_EQ(world.coordinator->drain(soon), 0u);
  EXPECT_EQ(world.status_of("g1"), txn_status::succeed);
}

// Never an acknowledgement after a failed sync; and when the store serves again, so do we, by ourselves.
TEST(Coordinator, AFailingStoreIsSaidAndOutlived) {
  const auto memory = make_memory_store();
  kit::failing_store kept{*memory};
  coordinator_world world{kit::quick_options(), &kept};
  EXPECT_EQ(world.submit("g1", {"debit"}, kit::waiting).kind, answer_kind::ok);
  kept.fail(true);
  EXPECT_EQ(world.submit("g2", {"debit"}).kind, answer_kind::unavailable);
  EXPECT_EQ(world.coordinator->state(), coordinator_state::store_failing);
  EXPECT_EQ(world.submit("g3", {"debit"}).kind, answer_kind::unavailable);
  EXPECT_THAT(world.calls(), ElementsAre("g1/01 action debit"));
  kept.fail(false);
  EXPECT_TRUE(kit::eventually([&] { return world.coordinator->state() == coordinator_state::serving; }, soon));
  EXPECT_EQ(world.submit("g4", {"debit"}, kit::waiting).kind, answer_kind::ok);
}

TEST(Coordinator, ConcurrentSubmitsOfOneGidMakeOneTransaction) {
  coordinator_world world;
  const auto answers = world.submit_many("g1", {"debit"}, 20);
  EXPECT_THAT(answers, testing::Contains(testing::Field(&answer::kind, answer_kind::ok)));
  EXPECT_TRUE(world.eventually_has_status("g1", txn_status::succeed));
  EXPECT_THAT(world.calls(), ElementsAre("g1/01 action debit"));
}

TEST(Coordinator, ResetCronMakesWaitingSagasDueAndCountsThem) {
  coordinator_options options = kit::quick_options();
  options.retry_interval = std::chrono::hours{1};
  coordinator_world world{options};
  for (const char* id : {"g1", "g2", "g3"}) {
    world.participant.answer_once("debit", {call_outcome::unknown, "refused"});
    world.submit(id, {"debit"});
    EXPECT_TRUE(kit::eventually([&] { return world.gauge("treaty_transactions_in_flight") == 0; }, soon));
  }
  const auto first = world.reset_cron(std::chrono::seconds{60}, 2);
  EXPECT_EQ(first.succeed_count, 2u);
  EXPECT_TRUE(first.has_remaining);
  const auto second = world.reset_cron(std::chrono::seconds{60}, 1);
  EXPECT_EQ(second.succeed_count, 1u);
  EXPECT_FALSE(second.has_remaining);
  for (const char* id : {"g1", "g2", "g3"}) EXPECT_TRUE(world.eventually_has_status(id, txn_status::succeed));
}

// An operator brings a backlog forward while its service is slow: as many are taken up as may be, what is counted is
// true, and new work goes on.
TEST(Coordinator, ResetCronLeavesRoomForNewTransactions) {
  constexpr int waiting_sagas = 12;
  coordinator_options options = kit::quick_options();
  options.retry_interval = std::chrono::hours{1};
  options.live_max = 10;
  options.resuming_max = 3;
  coordinator_world world{options};
  for (int at = 0; at < waiting_sagas; ++at) {
    world.participant.answer_once("debit", {call_outcome::unknown, "refused"});
    world.submit("g" + std::to_string(at), {"debit"});
    EXPECT_TRUE(kit::eventually([&] { return world.gauge("treaty_transactions_in_flight") == 0; }, soon));
  }
  world.participant.hold("debit");
  const auto first = world.reset_cron(std::chrono::seconds{60}, 1'000);
  EXPECT_EQ(first.succeed_count, 3u);
  EXPECT_TRUE(first.has_remaining);
  EXPECT_TRUE(kit::eventually([&] { return world.participant.held() == first.succeed_count; }, soon));
  EXPECT_EQ(world.submit("new", {"credit"}, kit::waiting).kind, answer_kind::ok);
  EXPECT_EQ(world.say("g11", retry_requested{.by = {"ann", "this one first"}}).kind, answer_kind::ok)
      << "one that an operator names is not held up by the others";

  world.participant.let_go();
  std::size_t counted = first.succeed_count;
  EXPECT_TRUE(kit::eventually(
      [&] {
        const auto next = world.reset_cron(std::chrono::seconds{60}, 1'000);
        counted += next.succeed_count;
        return !next.has_remaining;
      },
      soon));
  for (int at = 0; at < waiting_sagas; ++at) {
    EXPECT_TRUE(world.eventually_has_status("g" + std::to_string(at), txn_status::succeed)) << at;
  }
  EXPECT_GE(counted, waiting_sagas - 1u);
}

// A flood must come out whole, on several lanes.
TEST(Coordinator, ThousandsOfSagasOnTwoLanesAllEnd) {
  coordinator_world world{kit::quick_options(), nullptr, 2};
  for (int at = 0; at < 3000; ++at) world.submit_and_forget("flood" + std::to_string(at), {"debit", "credit"});
  EXPECT_TRUE(kit::eventually([&] { return world.participant.count() == 6000; }, std::chrono::seconds{30}));
  EXPECT_TRUE(kit::eventually([&] { return world.gauge("treaty_transactions_in_flight") == 0; }, soon));
}

}  // namespace
}  // namespace treaty
