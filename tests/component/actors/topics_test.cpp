// Topics from the door to the branch calls, on real lanes (docs/protocol.md, "Topics").
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "core/topics/topic.hpp"
#include "storage/memory/memory_store.hpp"
#include "tests/component/actors/coordinator_kit.hpp"

namespace treaty {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class promised final : public answer_sink {
public:
  void answer(treaty::answer what) override { said.set_value(std::move(what)); }
  std::promise<treaty::answer> said;
};

std::future<answer> change_later(coordinator& door, topic_change change) {
  auto sink = std::make_shared<promised>();
  auto told = sink->said.get_future();
  door.change_topic(std::move(change), std::move(sink));
  return told;
}

answer change(coordinator& door, topic_change what) {
  auto told = change_later(door, std::move(what));
  return told.wait_for(std::chrono::seconds{20}) == std::future_status::ready
             ? told.get()
             : answer{answer_kind::error, "no answer within 20 seconds"};
}
answer subscribe(coordinator& door, const std::string& topic, const std::string& url) {
  return change(door, {topic_action::subscribe, topic, url});
}

result<kv_record> stored(coordinator& door, const std::string& topic) {
  std::promise<result<kv_record>> told;
  door.query_kv("topics", topic, [&](result<kv_record> what) { told.set_value(std::move(what)); });
  return told.get_future().get();
}

std::shared_ptr<const txn_definition> message(const std::string& id, const std::vector<std::string>& actions) {
  auto out = std::make_shared<txn_definition>();
  out->gid = gid{id};
  out->type = trans_type::msg;
  out->options.wait_result = true;
  for (const std::string& action : actions) {
    out->steps.push_back({action, ""});
    out->payloads.emplace_back("{}");
  }
  return out;
}
submit_requested submit(const std::string& id, const std::vector<std::string>& actions) {
  return {message(id, actions)};
}
prepare_requested prepare(const std::string& id, const std::vector<std::string>& actions) {
  return {message(id, actions)};
}

constexpr auto not_found = "topic not found";

TEST(Topics, AMessageReachesEverySubscriberAtOnceAfterTheSubscription) {
  kit::coordinator_world world;
  EXPECT_EQ(subscribe(*world.coordinator, "t", "http://h/a").kind, answer_kind::ok);
  EXPECT_EQ(world.say("m1", submit("m1", {"topic://t", "x"})).kind, answer_kind::ok);
  EXPECT_EQ(subscribe(*world.coordinator, "t", "h:1/s.S/M").kind, answer_kind::ok);
  EXPECT_EQ(world.say("m2", submit("m2", {"topic://t", "x"})).kind, answer_kind::ok);
  EXPECT_THAT(world.calls(), ElementsAre("m1/01 action http://h/a", "m1/02 action x",  //
                                         "m2/01-01 action http://h/a", "m2/01-02 action h:1/s.S/M", "m2/02 action x"));
}

TEST(Topics, AnUnknownOrEmptyTopicIsRefusedAndNothingIsStored) {
  kit::coordinator_world world;
  subscribe(*world.coordinator, "empty", "u");
  change(*world.coordinator, {topic_action::unsubscribe, "empty", "u"});
  for (const char* action : {"topic://nobody", "topic://empty"}) {
    EXPECT_EQ(world.say("m1", submit("m1", {"x", action})), (answer{answer_kind::internal, not_found}));
    EXPECT_EQ(world.say("m1", prepare("m1", {action})), (answer{answer_kind::internal, not_found}));
  }
  EXPECT_FALSE(world.status_of("m1"));
  EXPECT_THAT(world.calls(), IsEmpty());
}

// The subscribers are those of the moment of the prepare: who is gone by the submit, is called, too.
TEST(Topics, ASubmitAfterAPrepareKeepsTheSubscribersThatWerePrepared) {
  kit::coordinator_world world;
  subscribe(*world.coordinator, "t", "u1");
  subscribe(*world.coordinator, "t", "u2");
  EXPECT_EQ(world.say("m1", prepare("m1", {"topic://t"})).kind, answer_kind::ok);
  EXPECT_EQ(change(*world.coordinator, {topic_action::remove, "t"}).kind, answer_kind::ok);
  EXPECT_EQ(world.say("m1", prepare("m1", {"topic://t"})).kind, answer_kind::ok);
  EXPECT_EQ(world.say("m1", submit("m1", {"topic://t"})).kind, answer_kind::ok);
  EXPECT_THAT(world.calls(), ElementsAre("m1/01-01 action u1", "m1/01-02 action u2"));
  EXPECT_EQ(world.say("m2", submit("m2", {"topic://t"})).message, not_found);
}

// A topic that begins again is a new one; in DTM the old one would go on.
TEST(Topics, ADeletedTopicIsGoneAtOnceAndMayBeginAgain) {
  kit::coordinator_world world;
  subscribe(*world.coordinator, "t", "u1");
  subscribe(*world.coordinator, "t", "u2");
  change(*world.coordinator, {topic_action::remove, "t"});
  EXPECT_EQ(change(*world.coordinator, {topic_action::remove, "t"}), (answer{answer_kind::error, "storage: NotFound"}));
  EXPECT_EQ(subscribe(*world.coordinator, "t", "u3").kind, answer_kind::ok);
  EXPECT_EQ(stored(*world.coordinator, "t")->version, 1u);
  EXPECT_EQ(world.say("m1", submit("m1", {"topic://t"})).kind, answer_kind::ok);
  EXPECT_THAT(world.calls(), ElementsAre("m1/01 action u3"));
}

// DTM loses all but one of concurrent changes.
TEST(Topics, ConcurrentChangesAreAllKept) {
  kit::coordinator_world world;
  std::vector<std::future<answer>> told;
  for (int at = 0; at < 20; ++at) {
    told.push_back(change_later(*world.coordinator, {topic_action::subscribe, "t", "u" + std::to_string(at)}));
  }
  for (auto& one : told) EXPECT_EQ(one.get().kind, answer_kind::ok);
  const auto found = stored(*world.coordinator, "t");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->version, 20u);
  EXPECT_EQ(parse_topic_text(found->value)->size(), 20u);
}

TEST(Topics, AnEmptiedTopicKeepsItsRowAndItsVersions) {
  kit::coordinator_world world;
  subscribe(*world.coordinator, "t", "u");
  const kv_record first = *stored(*world.coordinator, "t");
  change(*world.coordinator, {topic_action::unsubscribe, "t", "u"});
  const kv_record second = *stored(*world.coordinator, "t");
  EXPECT_EQ(second.value, "[]");
  EXPECT_EQ(second.version, 2u);
  EXPECT_EQ(second.create_time, first.create_time);
  EXPECT_GT(second.update_time, first.update_time);
  EXPECT_EQ(change(*world.coordinator, {topic_action::unsubscribe, "t", "u"}).message, "this topic is empty");
  EXPECT_EQ(subscribe(*world.coordinator, "t", "u").kind, answer_kind::ok);
}

TEST(Topics, AreThereAfterARestart) {
  const auto kept = make_memory_store();
  {
    kit::coordinator_world world{kit::quick_options(), kept.get()};
    subscribe(*world.coordinator, "t", "u1");
    subscribe(*world.coordinator, "t", "u2");
  }
  kit::coordinator_world world{kit::quick_options(), kept.get()};
  EXPECT_EQ(world.say("m1", submit("m1", {"topic://t"})).kind, answer_kind::ok);
  EXPECT_THAT(world.calls(), ElementsAre("m1/01-01 action u1", "m1/01-02 action u2"));
  EXPECT_EQ(subscribe(*world.coordinator, "t", "u2").message, "this url exists");
}

// Nobody may be told that a change was made when the disk did not take it.
TEST(Topics, AChangeThatTheDiskRefusesIsNotSeen) {
  const auto real = make_memory_store();
  kit::failing_store kept{*real};
  kit::coordinator_world world{kit::quick_options(), &kept};
  subscribe(*world.coordinator, "t", "u1");
  kept.fail(true);
  EXPECT_EQ(subscribe(*world.coordinator, "t", "u2").kind, answer_kind::unavailable);
  kept.fail(false);
  EXPECT_EQ(world.say("m1", submit("m1", {"topic://t"})).kind, answer_kind::ok);
  EXPECT_THAT(world.calls(), ElementsAre("m1/01 action u1"));
  EXPECT_EQ(subscribe(*world.coordinator, "t", "u2").kind, answer_kind::ok);
}

}  // namespace
}  // namespace treaty
