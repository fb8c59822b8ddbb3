#include "core/topics/topic.hpp"

#include <gtest/gtest.h>

#include "core/topics/expand.hpp"

namespace treaty {
namespace {

std::string text_after(const topic* stored, const topic_change& change) {
  const auto decided = decide(stored, change);
  if (!decided) return decided.error().detail;
  return *decided ? topic_text(**decided) : "removed";
}

const topic two{{"u1", "r1"}, {"u2", ""}};
const topic none;

TEST(Topic, GrowsAndShrinksInTheOrderOfSubscription) {
  EXPECT_EQ(text_after(nullptr, {topic_action::subscribe, "t", "u", "r"}), R"([{"url":"u","remark":"r"}])");
  EXPECT_EQ(text_after(&two, {topic_action::subscribe, "t", "u0"}),
            R"([{"url":"u1","remark":"r1"},{"url":"u2","remark":""},{"url":"u0","remark":""}])");
  EXPECT_EQ(text_after(&two, {topic_action::unsubscribe, "t", "u1"}), R"([{"url":"u2","remark":""}])");
  EXPECT_EQ(text_after(&none, {topic_action::remove, "t"}), "removed");
}

// Clients compare these texts, the blank behind the last one included.
TEST(Topic, RefusesInTheWordsThatClientsKnow) {
  EXPECT_EQ(text_after(&two, {topic_action::subscribe, "", ""}), "empty topic");
  EXPECT_EQ(text_after(&two, {topic_action::subscribe, "t", ""}), "empty url");
  EXPECT_EQ(text_after(&two, {topic_action::subscribe, "t", "u2"}), "this url exists");
  EXPECT_EQ(text_after(&two, {topic_action::unsubscribe, "", "u"}), "empty topic");
  EXPECT_EQ(text_after(&two, {topic_action::unsubscribe, "t", ""}), "empty url");
  EXPECT_EQ(text_after(nullptr, {topic_action::unsubscribe, "t", "u"}), "no such a topic");
  EXPECT_EQ(text_after(&none, {topic_action::unsubscribe, "t", "u"}), "this topic is empty");
  EXPECT_EQ(text_after(&two, {topic_action::unsubscribe, "t", "u"}), "no such an url ");
  EXPECT_EQ(text_after(nullptr, {topic_action::remove, "t"}), "storage: NotFound");
  EXPECT_EQ(text_after(nullptr, {topic_action::remove, ""}), "empty topic");
}

TEST(Topic, HasALimitForEverything) {
  const topic full(subscribers_max, subscriber{"u", ""});
  EXPECT_FALSE(decide(&full, {topic_action::subscribe, "t", "new"}));
  EXPECT_FALSE(decide(nullptr, {topic_action::subscribe, std::string(topic_name_bytes_max + 1, 't'), "u"}));
  EXPECT_FALSE(decide(nullptr, {topic_action::subscribe, "t", std::string(subscriber_bytes_max + 1, 'u')}));
}

TEST(TopicText, ComesBackAsItWas) {
  const topic all{{"http://h/a?x=1&y=<2>", "say \"hi\" \\ \n\t\x01"}, {"\xc3\xa4\xff", ""}, {"", "{[,]}"}};
  const auto back = parse_topic_text(topic_text(all));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, all);
  EXPECT_EQ(topic_text({{"a&b", "<"}}), R"([{"url":"a\u0026b","remark":"\u003c"}])");
  EXPECT_EQ(*parse_topic_text("[]"), topic{});
}

TEST(TopicText, RefusesWhatItDidNotWrite) {
  const std::string good = topic_text(two);
  for (std::size_t cut = 0; cut < good.size(); ++cut) EXPECT_FALSE(parse_topic_text(good.substr(0, cut))) << cut;
  for (const char* bad : {"", "null", "[] ", "[,]", R"([{"url":"u"}])", R"([{"url":"\x","remark":""}])",
                          R"([{"url":"\u00","remark":""}])", R"([{"url":"\u00e4","remark":""}])"}) {
    const auto read = parse_topic_text(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, errc::corrupt);
  }
}

txn_definition message(const std::vector<std::string>& actions) {
  txn_definition out;
  out.type = trans_type::msg;
  for (const std::string& action : actions) {
    out.steps.push_back({action, ""});
    out.payloads.push_back("p" + std::to_string(out.payloads.size() + 1));
  }
  return out;
}

std::string shown(const result<std::shared_ptr<const txn_definition>>& what) {
  if (!what) return what.error().detail;
  std::string out;
  for (std::size_t at = 0; at < (*what)->steps.size(); ++at) {
    const step& one = (*what)->steps[at];
    out += one.id.value + " " + one.action + " " + (*what)->payloads[at] + ";";
  }
  return out;
}

const topic_map all_topics{{"one", {{"u1", ""}}}, {"two", two}, {"none", {}}};

// The suffix is there only for several subscribers, and later steps keep the number that the client knows.
TEST(ExpandTopics, GivesEverySubscriberABranchOfItsOwn) {
  EXPECT_EQ(shown(expand_topics(message({"topic://two", "x", "topic://one"}), all_topics)),
            "01-01 u1 p1;01-02 u2 p1;02 x p2;03 u1 p3;");
}

// How long a call may take is said of the step: of each subscriber's call, and of its neighbours'.
TEST(ExpandTopics, KeepsWhatAStepSaysOfItsCalls) {
  txn_definition sent = message({"topic://two", "x"});
  sent.steps[0].request_timeout = std::chrono::seconds{7};
  sent.steps[1].request_timeout = std::chrono::seconds{1};
  const auto expanded = expand_topics(sent, all_topics);
  ASSERT_TRUE(expanded);
  ASSERT_EQ((*expanded)->steps.size(), 3U);
  EXPECT_EQ((*expanded)->steps[0].request_timeout, std::chrono::seconds{7});
  EXPECT_EQ((*expanded)->steps[1].request_timeout, std::chrono::seconds{7});
  EXPECT_EQ((*expanded)->steps[2].request_timeout, std::chrono::seconds{1});
}

TEST(ExpandTopics, RefusesATopicThatNobodyHasSubscribed) {
  for (const char* action : {"topic://nobody", "topic://none", "topic://"}) {
    EXPECT_EQ(shown(expand_topics(message({"x", action}), all_topics)), "topic not found");
  }
}

TEST(ExpandTopics, KnowsOnlyMessages) {
  txn_definition saga = message({"topic://two"});
  EXPECT_TRUE(names_topic(saga));
  EXPECT_FALSE(names_topic(message({"x", "http://h/topic://two", ""})));
  saga.type = trans_type::saga;
  EXPECT_FALSE(names_topic(saga));
}

// A topic makes much of little: the whole is counted before any of it is made.
TEST(ExpandTopics, RefusesWhatWouldBeTooLarge) {
  const topic_map wide{{"wide", topic(subscribers_max, subscriber{"u", ""})}};
  EXPECT_FALSE(expand_topics(message(std::vector<std::string>(steps_max, "topic://wide")), wide));
  txn_definition heavy = message({"topic://wide"});
  heavy.payloads[0].assign(expanded_bytes_max / subscribers_max + 1, 'p');
  EXPECT_FALSE(expand_topics(heavy, wide));
  heavy.payloads.clear();
  EXPECT_FALSE(expand_topics(heavy, wide));
}

}  // namespace
}  // namespace treaty
