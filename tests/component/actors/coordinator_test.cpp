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

// Sockets take requests while the store is still being read: each transaction has one owner all the same.
TEST(Coordinator, RequestsThatComeDuringRecoveryWaitForItsEnd) {
  const auto kept = make_memory_store();
  {
    coordinator_world world{kit::quick_options(), kept.get()};
    world.participant.hold("debit");
    for (const char* const id : {"g1", "g2", "g3"}) world.submit(id, {"debit"});
    EXPECT_TRUE(kit::eventually([&] { return world.participant.held() == 3; }, soon));
  }
  kit::failing_store slow{*kept};
  coordinator_world world{kit::quick_options(), &slow, 1, kit::beginning::by_start};
  world.participant.hold("debit");
  std::vector<std::future<answer>> told;
  slow.recover_slowly([&] {
    const std::string number = std::to_string(told.size());
    told.push_back(world.offer("new" + number, kit::make_submit("new" + number, {"debit"}, kit::waiting)));
    told.push_back(world.offer("g3", retry_requested{}));
  });
  world.start();
  EXPECT_TRUE(kit::eventually([&] { return world.participant.held() == 3 + told.size() / 2; }, soon));
  world.participant.let_go();
  for (auto& one : told) EXPECT_EQ(one.get().kind, answer_kind::ok);
  EXPECT_TRUE(kit::eventually([&] { return world.gauge("treaty_transactions_in_flight") == 0; }, soon));
  EXPECT_EQ(world.gauge("treaty_transactions_parked"), 0);
  EXPECT_EQ(world.participant.count(), 3 + told.size() / 2) << "each was called once";
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

// A retry that is due in a moment is durable, and no reason to let an orchestrator wait.
TEST(Coordinator, DrainingDoesNotWaitForThoseThatOnlyWait) {
  coordinator_options options = kit::quick_options();
  options.idle_after = std::chrono::minutes{1};
  options.retry_interval = std::chrono::seconds{30};
  coordinator_world world{options};
  world.participant.answer("debit", {call_outcome::unknown, "connection refused"});
  world.submit("g1", {"debit"});
  EXPECT_TRUE(kit::eventually([&] { return world.participant.count() == 1; }, soon));
  world.coordinator->stop_admitting();
  EXPECT_EQ(world.coordinator->drain(soon), 0u);
  EXPECT_EQ(world.gauge("treaty_transactions_parked"), 1);
}

// What was accepted has priority: its tries have succeeded, and it would be undone when its time is over.
TEST(Coordinator, AParkedTransactionMayBeSubmittedWhileNewOnesAreRefused) {
  coordinator_options options = kit::quick_options();
  options.live_max = 1;
  options.idle_after = std::chrono::milliseconds{10};
  coordinator_world world{options};
  auto tried = std::make_shared<txn_definition>();
  tried->gid = gid{"tcc"};
  tried->type = trans_type::tcc;
  EXPECT_EQ(world.say("tcc", prepare_requested{tried}).kind, answer_kind::ok);
  EXPECT_TRUE(kit::eventually([&] { return world.gauge("treaty_transactions_parked") == 1; }, soon));
  world.participant.hold("debit");
  EXPECT_EQ(world.submit("g1", {"debit"}).kind, answer_kind::ok);
  EXPECT_EQ(world.submit("g2", {"debit"}).kind, answer_kind::overloaded);
  world.coordinator->stop_admitting();
  EXPECT_EQ(world.submit("g2", {"debit"}).kind, answer_kind::unavailable);
  EXPECT_EQ(world.say("tcc", submit_requested{tried}).kind, answer_kind::ok);
  EXPECT_TRUE(world.eventually_has_status("tcc", txn_status::succeed));
  world.participant.let_go();
}

// What is taken up again after a restart weighs what it weighed when it came.
TEST(Coordinator, ABacklogIsTakenUpWithinTheLimitOfBytes) {
  constexpr std::size_t backlog = 200;
  constexpr std::size_t payload = 100'000;
  const auto kept = make_memory_store();
  {
    coordinator_world world{kit::quick_options(), kept.get()};
    world.participant.hold("debit");
    for (std::size_t at = 0; at < backlog; ++at) {
      const std::string id = "g" + std::to_string(at);
      auto large = kit::make_submit(id, {"debit"}, kit::waiting_for::nothing);
      auto definition = std::make_shared<txn_definition>(*large.definition);
      definition->payloads = {std::string(payload, 'x')};
      large.definition = std::move(definition);
      ASSERT_EQ(world.say(id, large).kind, answer_kind::ok);
    }
  }
  coordinator_options options = kit::quick_options();
  options.live_bytes_max = 10 * payload;
  coordinator_world world{options, kept.get(), 1, kit::beginning::by_start};
  world.participant.hold("debit");
  world.start();
  const auto all_read = [&] {
    const std::size_t held = world.participant.held();
    return held >= 10 && world.gauge("treaty_transactions_in_flight") == static_cast<double>(held);
  };
  EXPECT_TRUE(kit::eventually(all_read, soon));
  EXPECT_LT(world.participant.held(), 100u) << "a few are read before it is known what they weigh";
  EXPECT_EQ(world.submit("new", {"debit"}).kind, answer_kind::overloaded);
  world.participant.let_go();
  EXPECT_TRUE(kit::eventually([&] { return world.gauge("treaty_transactions_in_flight") == 0; }, soon));
  EXPECT_EQ(world.participant.count(), backlog);
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
