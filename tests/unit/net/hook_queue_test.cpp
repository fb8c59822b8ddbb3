#include "net/http/hook_queue.hpp"

#include <gtest/gtest.h>

#include <set>

namespace treaty {
namespace {

using namespace std::chrono_literals;

constexpr time_point start{1'000s};

class HookQueue : public testing::Test {
protected:
  static hook_queue::post notice(const std::string& url, std::size_t bytes = 10) {
    const auto to = parse_hook_address(url);
    EXPECT_TRUE(to) << url;
    return {hook_kind::completion, *to, std::make_shared<const std::string>(bytes, 'x')};
  }
  /// How many of `count` notices there is room for.
  static std::size_t add(hook_queue& queue, const std::string& url, std::size_t count) {
    std::size_t taken = 0;
    for (std::size_t each = 0; each < count; ++each) taken += queue.add(notice(url)) ? 1 : 0;
    return taken;
  }
  static std::multiset<std::string> urls(const std::vector<hook_queue::post>& posts) {
    std::multiset<std::string> out;
    for (const auto& one : posts) out.insert(one.to->url);
    return out;
  }
};

// One dead web-hook must leave room for the notices of the others.
TEST_F(HookQueue, GivesAHookAQuarterAndAHostHalfOfTheRoom) {
  hook_queue queue{{.kept_max = 100}};
  EXPECT_EQ(add(queue, "http://dead/a", 100), 25u);
  EXPECT_EQ(add(queue, "http://dead/b", 100), 25u);
  EXPECT_EQ(add(queue, "http://dead/c", 100), 0u);
  EXPECT_EQ(add(queue, "http://well/a", 100), 25u);
  EXPECT_EQ(queue.kept(), 75u);
}

// Else a gid in the query would make every notice a hook of its own.
TEST_F(HookQueue, TakesUrlsThatDifferInTheirQueryForOneHook) {
  hook_queue queue{{.kept_max = 100}};
  EXPECT_EQ(add(queue, "http://dead/a?gid=1", 20), 20u);
  EXPECT_EQ(add(queue, "http://dead/a?gid=2", 20), 5u);
}

TEST_F(HookQueue, BoundsTheBytesOfBodiesToo) {
  hook_queue queue{{.bytes_max = 4'000}};
  EXPECT_TRUE(queue.add(notice("http://a/", 600)));
  EXPECT_FALSE(queue.add(notice("http://a/", 600)));
  EXPECT_TRUE(queue.add(notice("http://b/", 600)));
  EXPECT_FALSE(queue.add(notice("http://c/", 4'001)));
}

TEST_F(HookQueue, HasRoomAgainForWhatWasDeliveredOrGivenUp) {
  hook_queue queue{{.kept_max = 4, .tries_max = 1}};
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(queue.add(notice("http://a/", 10)));
    EXPECT_FALSE(queue.add(notice("http://a/", 10)));
    const auto posts = queue.take(start);
    ASSERT_EQ(posts.size(), 1u);
    round % 2 == 0 ? queue.delivered(posts[0]) : void(queue.failed(posts[0], start));
    EXPECT_EQ(queue.kept(), 0u);
    EXPECT_TRUE(queue.at_rest());
  }
}

TEST_F(HookQueue, PostsFewAtOnceToOneHookAndToOneHost) {
  hook_queue queue{{}};
  add(queue, "http://hangs/a", 20);
  add(queue, "http://hangs/b", 20);
  add(queue, "http://hangs/c", 20);
  auto posts = queue.take(start);
  EXPECT_EQ(posts.size(), 8u);
  EXPECT_LE(urls(posts).count("http://hangs/a"), 4u);
  EXPECT_TRUE(queue.take(start).empty());
  add(queue, "http://well/a", 20);
  EXPECT_EQ(queue.take(start).size(), 4u);
  queue.delivered(posts[0]);
  EXPECT_EQ(queue.take(start).size(), 1u);
}

TEST_F(HookQueue, PostsABoundedNumberAtOnceInAll) {
  hook_queue queue{{}};
  for (int host = 0; host < 100; ++host) add(queue, "http://h" + std::to_string(host) + "/", 2);
  EXPECT_EQ(queue.take(start).size(), 16u);
}

// A long queue of one hook does not stand before a short one.
TEST_F(HookQueue, TakesHooksInTurns) {
  hook_queue queue{{.in_flight_max = 2}};
  add(queue, "http://a/", 50);
  add(queue, "http://b/1", 50);
  add(queue, "http://b/2", 50);
  for (int round = 0; round < 10; ++round) {
    const auto posts = queue.take(start);
    ASSERT_EQ(posts.size(), 2u);
    EXPECT_EQ(urls(posts).count("http://a/"), 1u);
    EXPECT_EQ(urls(posts).count(round % 2 == 0 ? "http://b/1" : "http://b/2"), 1u);
    for (const auto& one : posts) queue.delivered(one);
  }
}

TEST_F(HookQueue, RepeatsAFailedPostAfterGrowingWaitsAndGivesUp) {
  hook_queue queue{{}};
  ASSERT_TRUE(queue.add(notice("http://a/")));
  auto moment = start;
  for (const auto wait : {1s, 3s, 9s, 27s}) {
    auto posts = queue.take(moment);
    ASSERT_EQ(posts.size(), 1u);
    EXPECT_TRUE(queue.failed(posts[0], moment));
    EXPECT_TRUE(queue.at_rest());
    EXPECT_EQ(queue.next_due(), moment + wait);
    EXPECT_TRUE(queue.take(moment + wait - 1ms).empty());
    moment += wait;
  }
  auto last = queue.take(moment);
  ASSERT_EQ(last.size(), 1u);
  EXPECT_FALSE(queue.failed(last[0], moment));
  EXPECT_EQ(queue.kept(), 0u);
  EXPECT_EQ(queue.next_due(), std::nullopt);
}

TEST(HookAddress, KeepsCredentialsOutOfTheUrl) {
  const auto to = parse_hook_address("https://ann:a%40b+c@hooks.example:8443/t/secret?x=1");
  ASSERT_TRUE(to);
  EXPECT_EQ((*to)->url, "https://hooks.example:8443/t/secret?x=1");
  EXPECT_EQ((*to)->credentials, "ann:a@b+c");
  EXPECT_EQ((*to)->parsed.origin, "https://hooks.example:8443");
  EXPECT_EQ(hook_key(**to), "https://hooks.example:8443/t/secret");
}

TEST(HookAddress, LeavesAnAtSignBehindTheHostAlone) {
  const auto to = parse_hook_address("http://h/a@b?c@d");
  ASSERT_TRUE(to);
  EXPECT_EQ((*to)->url, "http://h/a@b?c@d");
  EXPECT_EQ((*to)->credentials, "");
}

// Inside a container the host is not localhost, for web-hooks as for branches.
TEST(HookAddress, ReplacesTheLocalHost) {
  const auto to = parse_hook_address("http://localhost:8/x", "host.docker.internal");
  ASSERT_TRUE(to);
  EXPECT_EQ((*to)->url, "http://host.docker.internal:8/x");
}

TEST(HookAddress, RefusesWhatIsNoUrlWithoutRepeatingIt) {
  for (const char* const bad : {"", "hook", "ftp://u:secret@h/", "http://", "http://u:secret@", "http://h:secret/"}) {
    const auto to = parse_hook_address(bad);
    ASSERT_FALSE(to) << bad;
    EXPECT_EQ(to.error().detail.find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace treaty
