#include "treaty/client/workflow.hpp"

#include <gmock/gmock.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>

#include "tests/client/bank.hpp"
#include "tests/client/modes_fixture.hpp"
#include "treaty/client/grpc.hpp"
#include "treaty/client/saga.hpp"

namespace treaty::client::test {
namespace {

/// Serves an engine's workflow.Workflow on a port of its own.
class workflow_host {
public:
  explicit workflow_host(workflow_engine& engine) : service_{make_workflow_service(engine)} {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
  }
  std::string callback() const { return "127.0.0.1:" + std::to_string(port_) + "/workflow.Workflow/Execute"; }

private:
  std::shared_ptr<grpc::Service> service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class Workflow : public modes_fixture {
protected:
  // Over HTTP the program's own server has the call-back; here it is the world's branch service.
  Workflow() {
    here().on("Resume", [this](const branch_context& context, const std::string& input) {
      return engine.resume(context, input);
    });
  }
  /// Runs the workflow `what` under a new gid.
  result<std::string> run(workflow_function what, const std::string& input = "in") {
    EXPECT_TRUE(served.define(gid, what));
    EXPECT_TRUE(engine.define(gid, std::move(what)));
    return engine.execute(gid, gid, input);
  }

  const std::string gid = new_gid();
  workflow_engine served{where, "unused"};  // as another process would have it, which the coordinator calls
  workflow_host host{served};
  workflow_engine engine{where, GetParam() == door::http ? url("Resume") : host.callback()};
};
INSTANTIATE_TEST_SUITE_P(OverBothProtocols, Workflow, both_doors, door_name);

TEST_P(Workflow, GivesItsResultAndRemembersIt) {
  int runs = 0;
  const auto first = run([&](workflow& self, const std::string& input) -> result<std::string> {
    ++runs;
    const auto answer = self.branch()->get().call(url("Ok"), "{}");
    if (!answer) return answer.error();
    return input + " " + *answer;
  });
  ASSERT_TRUE(first) << first.error().detail;
  EXPECT_EQ(*first, "in fine");
  EXPECT_EQ(here().status_of(gid), "succeed");
  EXPECT_EQ(here().story_of(gid), "action 01");
  const auto again = engine.execute(gid, gid, "in");
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(*again, "in fine") << "what has ended is not run again";
  EXPECT_EQ(runs, 1);
}

TEST_P(Workflow, RollsBackInTheOppositeOrderWhenItFails) {
  std::string undone;
  const auto ended = run([&](workflow& self, const std::string&) -> result<std::string> {
    for (const auto* name : {"Ok", "Ok", "Refuse"}) {
      workflow_branch& branch = *self.branch();
      branch.on_rollback([&](workflow_step& step) {
        undone += step.context().branch_id + step.context().op + " ";
        return result<void>{};
      });
      if (const auto called = branch.call(url(name), "{}"); !called) return called.error();
    }
    return std::string{"never"};
  });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, errc::refused);
  EXPECT_EQ(undone, "02rollback 01rollback ") << "who refused has nothing to undo";
  EXPECT_EQ(here().status_of(gid), "failed");
  EXPECT_NE(here().reason_of(gid).find("no room"), std::string::npos);
  const auto again = engine.execute(gid, gid, "in");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::refused);
}

TEST_P(Workflow, CommitsItsBranchesWhenItSucceeds) {
  const auto ended = run([&](workflow& self, const std::string&) -> result<std::string> {
    for (int i = 0; i < 2; ++i) {
      workflow_branch& branch = *self.branch();
      branch.on_commit([&](workflow_step& step) -> result<void> {
        if (const auto confirmed = step.call(url("Ok"), "{}"); !confirmed) return confirmed.error();
        return {};
      });
      if (const auto tried = branch.call(url("Ok"), "{}"); !tried) return tried.error();
    }
    return std::string{};
  });
  ASSERT_TRUE(ended) << ended.error().detail;
  EXPECT_EQ(here().story_of(gid), "action 01, action 02, commit 02, commit 01");
}

// The program breaks off in the middle; the coordinator has it go on, and what was done is not done again.
TEST_P(Workflow, GoesOnWhereItWasInterrupted) {
  int first = 0;
  std::atomic<int> second = 0;
  const auto broken = run([&](workflow& self, const std::string& input) -> result<std::string> {
    const auto one = self.branch()->get().run([&](workflow_step&) -> result<std::string> {
      ++first;
      return std::string{"remembered"};
    });
    if (!one) return one.error();
    const auto two = self.branch()->get().run([&](workflow_step&) -> result<std::string> {
      if (++second < 3) return second == 1 ? unknown("it broke") : ongoing("not yet");
      return *one + " " + input;
    });
    return two;
  });
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, errc::unknown);
  EXPECT_TRUE(here().ends(gid, "succeed"));
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 3);
  EXPECT_EQ(*engine.execute(gid, gid, "in"), "remembered in");
}

TEST_P(Workflow, RemembersARefusalToo) {
  int asked = 0;
  std::atomic<int> runs = 0;
  const auto broken = run([&](workflow& self, const std::string&) -> result<std::string> {
    const auto answer = self.branch()->get().run([&](workflow_step&) -> result<std::string> {
      ++asked;
      return refused("too expensive");
    });
    EXPECT_EQ(answer.error().code, errc::refused);
    EXPECT_EQ(answer.error().detail, "too expensive");
    if (++runs == 1) return unknown("it broke");
    return std::string{"without it"};
  });
  ASSERT_FALSE(broken);
  EXPECT_TRUE(here().ends(gid, "succeed"));
  EXPECT_EQ(asked, 1);
}

// What it remembers may be more than a single request, or answer of a branch, can be.
TEST_P(Workflow, GoesOnHoweverMuchItRemembers) {
  const std::string much(3'000'000, 'x');
  int asked = 0;
  int runs = 0;
  const workflow_function what = [&](workflow& self, const std::string&) -> result<std::string> {
    ++runs;
    std::size_t bytes = 0;
    for (int i = 0; i < 2; ++i) {
      const auto answer = self.branch()->get().run([&](workflow_step&) -> result<std::string> {
        ++asked;
        return much;
      });
      if (!answer) return answer.error();
      bytes += answer->size();
    }
    if (runs == 1) return unknown("it broke");
    return std::to_string(bytes);
  };
  // The coordinator leaves it alone meanwhile.
  ASSERT_TRUE(engine.define(gid, what, {.transaction = {.retry_interval = std::chrono::seconds{60}}}));
  const auto broken = engine.execute(gid, gid, "in");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().detail, "it broke");
  const auto done = engine.execute(gid, gid, "in");
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(*done, "6000000");
  EXPECT_EQ(asked, 2);
}

// What a refusal says may be long and in any encoding. The workflow ends all the same, and each run hears the same.
TEST_P(Workflow, RemembersARefusalThatIsNoText) {
  int asked = 0;
  std::vector<std::string> heard;
  const auto broken = run([&](workflow& self, const std::string&) -> result<std::string> {
    const auto answer = self.branch()->get().run([&](workflow_step&) -> result<std::string> {
      ++asked;
      // The 1,000th byte would be in the middle of a character.
      return refused("caf\xe9\xc3 \xed\xa0\x80" + std::string(980, '.') + "\xf0\x9f\x98\x80" +
                     std::string(5U << 20U, '!'));
    });
    heard.push_back(answer.error().detail);
    if (heard.size() == 1) return unknown("it broke");
    return answer.error();
  });
  ASSERT_FALSE(broken);
  EXPECT_TRUE(here().ends(gid, "failed"));
  EXPECT_EQ(asked, 1);
  const std::string no_character = "\xef\xbf\xbd";
  const std::string kept = "caf" + no_character + no_character + " " + no_character + no_character + no_character;
  const std::string text = kept + std::string(980, '.');
  EXPECT_THAT(heard, testing::ElementsAre(text, text));
  const auto again = engine.execute(gid, gid, "in");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error(), refused(text)) << "what has ended says it, too";
}

TEST_P(Workflow, KnowsWhatItWasNotTold) {
  EXPECT_EQ(engine.execute("nobody", gid, "").error().code, errc::invalid_argument);
  EXPECT_TRUE(engine.define("twice", nullptr));
  EXPECT_EQ(engine.define("twice", nullptr).error().code, errc::invalid_argument);
}

// Nothing of it was run, so it was not rolled back either.
TEST_P(Workflow, DoesNotCallAGidOfAnotherTypeAFailure) {
  ASSERT_TRUE(saga(where, gid).add(url("Ok"), "", "{}").submit());
  const auto ran = run([](workflow&, const std::string&) { return result<std::string>{"done"}; });
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().code, errc::invalid_argument) << ran.error().detail;
}

class WorkflowWithMoney : public testing::Test {
protected:
  world here{"RetryInterval: 1\n"};
  bank money{kit::database_kind::mariadb};
  int from = money.open(100);
  int to = money.open(0);
  coordinator where = here.connect(door::grpc);
};

// gRPC's own way back into the program: its service, with its own message.
TEST_F(WorkflowWithMoney, IsResumedThroughItsGrpcService) {
  std::atomic<int> runs = 0;
  workflow_engine served{where, "unused"};
  const workflow_host host{served};
  workflow_engine starting{where, host.callback()};
  const workflow_function what = [&](workflow&, const std::string& input) -> result<std::string> {
    if (++runs == 1) return unknown("it broke");
    return input;
  };
  ASSERT_TRUE(served.define("job", what));
  ASSERT_TRUE(starting.define("job", what));
  const std::string input("\x00\xffpay", 5);
  EXPECT_FALSE(starting.execute("job", "resumed", input));
  EXPECT_TRUE(here.ends("resumed", "succeed"));
  EXPECT_EQ(*starting.execute("job", "resumed", input), input);
}

// A local XA transaction as a branch: it is committed with the workflow, or rolled back with it.
TEST_F(WorkflowWithMoney, EndsItsXaBranchesAsItEndsItself) {
  workflow_engine engine{where, "127.0.0.1:1/workflow.Workflow/Execute"};
  ASSERT_TRUE(engine.define("transfer", [&](workflow& self, const std::string& amount) -> result<std::string> {
    const int by = std::stoi(amount);
    for (const auto& [account, sum] : {std::pair{to, by}, std::pair{from, -by}}) {
      const auto moved = self.branch()->get().run_xa(
          [&] { return money.connect(); },
          [&, account = account, sum = sum](sql_session& session) { return bank::add(session, account, sum); });
      if (!moved) return moved.error();
    }
    return std::string{"moved"};
  }));
  const auto done = engine.execute("transfer", "enough", "30");
  EXPECT_TRUE(done) << done.error().detail;
  EXPECT_EQ(money.balance(to), 30);
  const auto too_much = engine.execute("transfer", "too-much", "130");
  EXPECT_EQ(too_much.error().code, errc::refused) << too_much.error().detail;
  EXPECT_EQ(money.balance(from), 70);
  EXPECT_EQ(money.balance(to), 30);
  EXPECT_TRUE(here.ends("too-much", "failed"));
}

// The barrier of a workflow's branch is the one of all languages: a rollback undoes an action.
TEST_F(WorkflowWithMoney, PutsItsOwnBusinessBehindABarrier) {
  workflow_engine engine{where, "127.0.0.1:1/workflow.Workflow/Execute"};
  const auto session = money.connect();
  ASSERT_TRUE(engine.define("take", [&](workflow& self, const std::string&) -> result<std::string> {
    workflow_branch& branch = *self.branch();
    branch.on_rollback([&](workflow_step& step) {
      return step.guard().call(*session, [&] { return bank::add(*session, from, 30); });
    });
    const auto taken = branch.run([&](workflow_step& step) -> result<std::string> {
      const auto done = step.guard().call(*session, [&] { return bank::add(*session, from, -30); });
      if (!done) return done.error();
      return std::string{};
    });
    EXPECT_TRUE(taken);
    EXPECT_EQ(money.balance(from), 70);
    return refused("changed my mind");
  }));
  EXPECT_EQ(engine.execute("take", "taken", "").error().code, errc::refused);
  EXPECT_EQ(money.balance(from), 100);
  EXPECT_EQ(money.rows_of("taken"), "action/01/action, rollback/01/rollback");
}

}  // namespace
}  // namespace treaty::client::test
