#include "treaty/client/tcc.hpp"

#include <atomic>
#include <stdexcept>

#include "tests/client/modes_fixture.hpp"

namespace treaty::client::test {
namespace {

class Tcc : public modes_fixture {
protected:
  tcc_branch branch(const std::string& name) { return {url(name), url(name), url(name), "{}"}; }
};
INSTANTIATE_TEST_SUITE_P(OverBothProtocols, Tcc, both_doors, door_name);

TEST_P(Tcc, ConfirmsAllBranchesWhenTheBusinessSucceeds) {
  const auto gid = new_gid();
  EXPECT_TRUE(run_tcc(where, gid, [&](tcc& transaction) -> result<void> {
    for (int i = 0; i < 2; ++i) {
      const auto tried = transaction.call(branch("Ok"));
      EXPECT_EQ(*tried, "fine") << "the try's answer is given to the business";
    }
    return {};
  }));
  EXPECT_TRUE(here().ends(gid, "succeed"));
  EXPECT_EQ(here().story_of(gid), "try 01, try 02, confirm 02, confirm 01");
}

TEST_P(Tcc, CancelsAllBranchesWhenOneRefuses) {
  const auto gid = new_gid();
  const auto ran = run_tcc(where, gid, [&](tcc& transaction) -> result<void> {
    for (const auto* name : {"Ok", "Refuse"}) {
      if (const auto tried = transaction.call(branch(name)); !tried) return tried.error();
    }
    return {};
  });
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, errc::refused);
  EXPECT_TRUE(here().ends(gid, "failed"));
  EXPECT_EQ(here().story_of(gid), "try 01, try 02, cancel 02, cancel 01");
  EXPECT_NE(here().reason_of(gid).find("no room"), std::string::npos) << here().reason_of(gid);
}

// A service that knows nothing of transactions may say no with a page in Latin-1, and of any length.
TEST_P(Tcc, CancelsAtOnceWhateverThePageSaysThatRefused) {
  const std::string page = "caf\xe9 closed. " + std::string(5U << 20U, '.');
  kit::participant service;
  service.on("/try", kit::scripted_reply{.status = 409, .body = page});
  const auto gid = new_gid();
  const auto ran = run_tcc(where, gid, [&](tcc& transaction) -> result<void> {
    EXPECT_TRUE(transaction.call(branch("Ok")));
    if (GetParam() == door::grpc) return refused(page);
    const auto tried = transaction.call({.try_url = service.url("/try"), .confirm_url = "", .cancel_url = ""});
    if (!tried) return tried.error();
    return {};
  });
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, errc::refused);
  EXPECT_NE(ran.error().detail.find(page), std::string::npos) << "the caller hears all of it";
  EXPECT_TRUE(here().ends(gid, "failed"));
  EXPECT_EQ(here().story_of(gid), "try 01, cancel 01");
  EXPECT_NE(here().reason_of(gid).find("caf\xef\xbf\xbd closed"), std::string::npos) << here().reason_of(gid);
}

// A confirm may not refuse: it is called again, and the transaction does succeed.
TEST_P(Tcc, IsOngoingWhileABranchHasNotConfirmed) {
  std::atomic<int> confirms = 0;
  here().on("Later", [&](const branch_context& context, const auto&) -> result<std::string> {
    if (context.op == "confirm" && ++confirms <= 2) return confirms == 1 ? refused("not now") : unknown("a time-out");
    return std::string{};
  });
  const auto gid = new_gid();
  tcc transaction{where, gid, {.wait_result = true, .retry_interval = std::chrono::seconds{60}}};
  ASSERT_TRUE(transaction.prepare());
  ASSERT_TRUE(transaction.call(branch("Later")));
  for (int i = 0; i < 2; ++i) {
    const auto submitted = transaction.submit();
    ASSERT_FALSE(submitted);
    EXPECT_EQ(submitted.error().code, errc::ongoing) << submitted.error().detail;
  }
  EXPECT_TRUE(transaction.submit()) << "each submit has it tried again";
  EXPECT_TRUE(here().ends(gid, "succeed"));
  EXPECT_TRUE(transaction.submit());
  EXPECT_EQ(transaction.prepare().error().code, errc::duplicated) << "it was done; that is no refusal";
}

TEST_P(Tcc, CancelsAndThrowsOnWhatTheBusinessThrows) {
  const auto gid = new_gid();
  EXPECT_THROW(static_cast<void>(run_tcc(where, gid,
                                         [&](tcc& transaction) -> result<void> {
                                           EXPECT_TRUE(transaction.call(branch("Ok")));
                                           throw std::runtime_error{"a bug"};
                                         })),
               std::runtime_error);
  EXPECT_TRUE(here().ends(gid, "failed"));
  EXPECT_EQ(here().story_of(gid), "try 01, cancel 01");
}

// A branch can call branches of its own: they belong to the same transaction, below it.
TEST_P(Tcc, NestsBranches) {
  here().on("Outer", [&](const branch_context& context, const auto&) -> result<std::string> {
    if (context.op != "try") return std::string{};
    EXPECT_FALSE(context.coordinator.empty()) << "a try learns where to register";
    tcc inner{where, context};
    return inner.call(branch("Ok"));
  });
  const auto gid = new_gid();
  EXPECT_TRUE(run_tcc(where, gid, [&](tcc& transaction) -> result<void> {
    if (const auto tried = transaction.call(branch("Outer")); !tried) return tried.error();
    return {};
  }));
  EXPECT_TRUE(here().ends(gid, "succeed"));
  EXPECT_EQ(here().story_of(gid), "try 01, try 0101, confirm 0101, confirm 01");
}

TEST_P(Tcc, DoesNotTryWhatCouldNotBeCancelled) {
  const auto gid = new_gid();
  tcc transaction{where, gid};
  const auto tried = transaction.call(branch("Ok"));  // never prepared: the coordinator does not know it
  ASSERT_FALSE(tried);
  EXPECT_EQ(here().story_of(gid), "");
}

// What a protocol cannot carry is an error of the call, not the end of the program.
TEST_P(Tcc, SaysWhichHeaderCannotBeSent) {
  const auto gid = new_gid();
  tcc transaction{where, gid, {.branch_headers = {{"x-note", "two\r\nlines"}}}};
  static_cast<void>(transaction.prepare());
  const auto tried = transaction.call(branch("Ok"));
  ASSERT_FALSE(tried);
  EXPECT_EQ(here().story_of(gid), "");
}

TEST_P(Tcc, RefusesTheHundredthBranchBeforeItIsCalled) {
  branch_ids ids{"0102"};
  EXPECT_EQ(*ids.next(), "010201");
  for (int i = 1; i < 99; ++i) EXPECT_TRUE(ids.next());
  EXPECT_EQ(ids.next().error().code, errc::invalid_argument);
  EXPECT_FALSE(branch_ids{"01010101010101010101"}.next());
}

}  // namespace
}  // namespace treaty::client::test
