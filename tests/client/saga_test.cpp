#include "treaty/client/saga.hpp"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "tests/client/modes_fixture.hpp"
#include "tests/kit/eventually.hpp"

namespace treaty::client::test {
namespace {

class Saga : public modes_fixture {};
INSTANTIATE_TEST_SUITE_P(OverBothProtocols, Saga, both_doors, door_name);

TEST_P(Saga, ThatIsSubmittedRunsItsStepsInOrder) {
  const auto gid = where.new_gid();
  ASSERT_TRUE(gid) << gid.error().detail;
  saga order{where, *gid};
  order.add(url("Ok"), url("Ok"), "{}").add(url("Ok"), url("Ok"), "{}");
  const auto submitted = order.submit();
  ASSERT_TRUE(submitted) << submitted.error().detail;
  EXPECT_TRUE(here().ends(*gid, "succeed"));
  EXPECT_EQ(here().story_of(*gid), "action 01, action 02");
}

TEST_P(Saga, GetsItsPayloadByteForByte) {
  std::string seen;
  here().on("Keep", [&](const branch_context&, const std::string& payload) {
    seen = payload;
    return result<std::string>{""};
  });
  // JSON cannot carry what is not text; gRPC can.
  const std::string payload =
      GetParam() == door::http ? "{\"name\":\"J\\u00fcrgen \xc3\xbc\"}" : std::string("\x08\x1e\x00\xff", 4);
  saga order{where, *where.new_gid(), {.wait_result = true}};
  ASSERT_TRUE(order.add(url("Keep"), "", payload).submit());
  EXPECT_EQ(seen, payload);
}

TEST_P(Saga, ThatIsRefusedIsUndoneAndTheWaitingCallerHearsWhy) {
  saga order{where, *where.new_gid(), {.wait_result = true}};
  order.add(url("Ok"), url("Ok"), "{}").add(url("Refuse"), url("Refuse"), "{}");
  const auto submitted = order.submit();
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().code, errc::refused);
  EXPECT_NE(submitted.error().detail.find("no room"), std::string::npos) << submitted.error().detail;
  EXPECT_TRUE(here().ends(order.gid(), "failed"));
  EXPECT_EQ(here().story_of(order.gid()), "action 01, action 02, compensate 02, compensate 01");
}

// A refusal counts, however long its text is and whatever its encoding.
TEST_P(Saga, ThatIsRefusedAtLengthIsUndoneToo) {
  here().on("Wordy", [](const branch_context& context, const auto&) -> result<std::string> {
    if (context.op == "compensate") return std::string{};
    return refused("caf\xe9 closed. " + std::string(5U << 20U, '.'));
  });
  saga order{where, *where.new_gid(), {.wait_result = true}};
  const auto submitted = order.add(url("Wordy"), url("Wordy"), "{}").submit();
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().code, errc::refused) << submitted.error().detail.substr(0, 500);
  EXPECT_NE(here().reason_of(order.gid()).find("caf\xef\xbf\xbd closed"), std::string::npos);
}

// A branch that is not done yet is asked again, and what it says with an error is no refusal.
TEST_P(Saga, AsksAgainUntilTheBranchHasMadeUpItsMind) {
  int calls = 0;
  here().on("Slow", [&](const auto&, const auto&) -> result<std::string> {
    ++calls;
    if (calls == 1) return ongoing("soon");
    if (calls == 2) return unknown("a FAILURE of the database, nothing definite");
    return std::string{};
  });
  saga order{where, *where.new_gid()};
  ASSERT_TRUE(order.add(url("Slow"), url("Ok"), "{}").submit());
  EXPECT_TRUE(here().ends(order.gid(), "succeed"));
  EXPECT_EQ(here().story_of(order.gid()), "action 01, action 01, action 01");
}

// Whoever waits is answered after the first round. A saga that will succeed may not be taken for one that was undone.
TEST_P(Saga, ThatHasNotEndedYetIsNotRefused) {
  std::atomic<int> calls = 0;
  here().on("Late", [&](const auto&, const auto&) -> result<std::string> {
    return ++calls == 1 ? unknown("the database is not there") : result<std::string>{"fine"};
  });
  saga order{where, *where.new_gid(), {.wait_result = true}};
  order.add(url("Late"), url("Ok"), "{}");
  const auto submitted = order.submit();
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().code, errc::ongoing) << submitted.error().detail;
  ASSERT_TRUE(here().ends(order.gid(), "succeed"));
  const auto again = order.submit();
  EXPECT_TRUE(again) << again.error().detail;
  EXPECT_EQ(here().story_of(order.gid()), "action 01, action 01");
}

TEST_P(Saga, ThatWasUndoneIsRefusedWhenItIsSubmittedAgain) {
  saga order{where, *where.new_gid()};
  order.add(url("Refuse"), url("Refuse"), "{}");
  ASSERT_TRUE(order.submit());
  ASSERT_TRUE(here().ends(order.gid(), "failed"));
  const auto again = order.submit();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::refused) << again.error().detail;
}

// A branch may hand on what a coordinator said to it; what it means stands in its status.
TEST_P(Saga, WhoseBranchRefusesInTheCoordinatorsWordsIsRefused) {
  here().on("Quote", [&](const branch_context& context, const auto&) -> result<std::string> {
    if (context.op == "compensate") return std::string{};
    return refused("wait result not return success: FAILURE");
  });
  saga order{where, *where.new_gid(), {.wait_result = true}};
  const auto submitted = order.add(url("Quote"), url("Quote"), "{}").submit();
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().code, errc::refused) << submitted.error().detail;
  EXPECT_TRUE(here().ends(order.gid(), "failed"));
}

TEST_P(Saga, ThatIsConcurrentKeepsTheOrderItWasGiven) {
  saga order{where, *where.new_gid(), {.wait_result = true}};
  order.add(url("Ok"), "", "{}").add(url("Ok"), "", "{}").add(url("Ok"), "", "{}");
  order.concurrent().order(0, {1, 2}).order(1, {2});
  ASSERT_TRUE(order.submit());
  EXPECT_EQ(here().story_of(order.gid()), "action 03, action 02, action 01");
}

TEST_P(Saga, SendsItsHeadersAlongWithEveryBranchCall) {
  saga order{where, *where.new_gid(), {.wait_result = true, .branch_headers = {{"x-tenant", "blue"}}}};
  ASSERT_TRUE(order.add(url("Ok"), "", "{}").submit());
  EXPECT_EQ(here().status_of(order.gid()), "succeed");
}

// Treaty's own options reach it; DTM would not know them.
TEST_P(Saga, CanBoundTheWaitsOfItsRetries) {
  saga order{where,
             *where.new_gid(),
             {.wait_result = true, .retry_interval_max = std::chrono::seconds{5}, .retry_growth = 1.5}};
  const auto submitted = order.add(url("Ok"), "", "{}", std::chrono::seconds{2}).submit();
  EXPECT_TRUE(submitted) << submitted.error().detail;
}

TEST_P(Saga, CanBeSubmittedTwice) {
  here().on("Never", [](const auto&, const auto&) -> result<std::string> { return ongoing("never"); });
  saga order{where, *where.new_gid()};
  order.add(url("Never"), "", "{}");
  EXPECT_TRUE(order.submit());
  EXPECT_TRUE(order.submit());
}

TEST_P(Saga, CanBeSubmittedFromManyThreadsOverOneHandle) {
  std::atomic<int> succeeded = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i) {
          const auto gid = where.new_gid();
          if (!gid) continue;
          saga order{where, *gid, {.wait_result = true}};
          succeeded += order.add(url("Ok"), "", "{}").submit() ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(succeeded, 160);
}

// The connections that were kept open are dead then; nobody is told of that.
TEST_P(Saga, GoesOnWhenTheCoordinatorWasStartedAgainAtItsPorts) {
  const kit::scratch_directory scratch;
  auto first = std::make_unique<world>();
  const auto handle = first->connect(GetParam());
  ASSERT_TRUE(handle.new_gid());
  kit::treatyd_options same{.http_port = first->treatyd().http_port(), .grpc_port = first->treatyd().grpc_port()};
  first.reset();
  kit::treatyd_process second{here().treatyd_binary(), scratch.path(), same};
  second.start();
  if (GetParam() == door::http) {
    EXPECT_TRUE(handle.new_gid());
  } else {
    EXPECT_TRUE(kit::eventually([&] { return static_cast<bool>(handle.new_gid()); }))
        << "gRPC waits before it connects again";
  }
}

// A coordinator that is not there is not a refusal: nobody knows whether the saga runs.
TEST_P(Saga, ThatCannotBeSubmittedHasAnUnknownOutcome) {
  world gone;
  const auto nowhere = gone.connect(GetParam());
  gone.treatyd().kill();
  const auto submitted = saga{nowhere, "lost"}.add(url("Ok"), "", "{}").submit();
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().code, errc::unknown) << submitted.error().detail;
}

}  // namespace
}  // namespace treaty::client::test
