#include <gmock/gmock.h>

#include "storage/memory/memory_store.hpp"
#include "tests/component/actors/coordinator_kit.hpp"
#include "tests/kit/eventually.hpp"

// Whole transactions of the types that clients build up step by step, on a real coordinator.
namespace treaty {
namespace {

using kit::coordinator_world;
using testing::ElementsAre;

std::shared_ptr<txn_definition> define(const std::string& id, trans_type type) {
  auto out = std::make_shared<txn_definition>();
  out->gid = gid{id};
  out->type = type;
  return out;
}

register_requested rows(trans_type type, std::initializer_list<std::pair<branch_op, std::string>> all) {
  register_requested out{.type = type, .branches = {}};
  for (const auto& [op, url] : all) {
    auto row = std::make_shared<registered_branch>();
    row->id = branch_id{"01"};
    row->op = op;
    row->url = url;
    out.branches.push_back(std::move(row));
  }
  return out;
}

// Registered after it has left memory, decided after a restart: what was said is all there.
TEST(CoordinatorModes, TccIsBuiltUpAndConfirmedAcrossARestart) {
  const auto kept = make_memory_store();
  const auto definition = define("t1", trans_type::tcc);
  const auto branch = rows(trans_type::tcc, {{branch_op::cancel, "undo"}, {branch_op::confirm, "do"}});
  {
    coordinator_world world{kit::quick_options(), kept.get()};
    EXPECT_EQ(world.say("t1", prepare_requested{definition}).kind, answer_kind::ok);
    EXPECT_TRUE(kit::eventually([&] { return world.gauge("treaty_transactions_in_flight") == 0; }));
    EXPECT_EQ(world.say("t1", branch).kind, answer_kind::ok);
    EXPECT_EQ(world.say("t1", branch).kind, answer_kind::error) << "twice";
    EXPECT_EQ(world.say("other", branch).kind, answer_kind::failure);
  }
  coordinator_world world{kit::quick_options(), kept.get()};
  EXPECT_EQ(world.say("t1", submit_requested{definition}).kind, answer_kind::ok);
  EXPECT_TRUE(world.eventually_has_status("t1", txn_status::succeed));
  EXPECT_THAT(world.calls(), ElementsAre("t1/01 confirm do"));
}

TEST(CoordinatorModes, SilentSenderOfAMessageIsAskedAndItsMessageDelivered) {
  coordinator_world world;
  auto definition = define("m1", trans_type::msg);
  definition->steps = {{"deliver", ""}};
  definition->payloads = {"1"};
  definition->query_prepared = "asked";
  definition->options.timeout_to_fail = std::chrono::seconds{1};
  EXPECT_EQ(world.say("m1", prepare_requested{definition}).kind, answer_kind::ok);
  EXPECT_TRUE(world.eventually_has_status("m1", txn_status::succeed));
  EXPECT_THAT(world.calls(), ElementsAre("m1/00 msg asked", "m1/01 action deliver"));
}

TEST(CoordinatorModes, WorkflowIsCalledBackUntilItSaysHowItEnded) {
  coordinator_options options = kit::quick_options();
  options.retry_interval = std::chrono::milliseconds{20};
  coordinator_world world{options};
  auto definition = define("w1", trans_type::workflow);
  definition->workflow.name = "book";
  definition->query_prepared = "resume";
  EXPECT_EQ(world.say("w1", prepare_requested{definition}).kind, answer_kind::ok);
  EXPECT_TRUE(kit::eventually([&] { return world.participant.count() >= 2; }));
  EXPECT_EQ(world.calls().front(), "w1/00 book resume");
  submit_requested end{define("w1", trans_type::workflow)};
  end.end = workflow_end{txn_status::succeed, "", "cmVz"};
  EXPECT_EQ(world.say("w1", end).kind, answer_kind::ok);
  EXPECT_EQ(world.status_of("w1"), txn_status::succeed);
  EXPECT_EQ(world.say("w1", end).kind, answer_kind::internal) << "it has ended";
}

}  // namespace
}  // namespace treaty
