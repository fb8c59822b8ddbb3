#include "net/service_target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "net/host_and_port.hpp"

namespace treaty {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string complaint(std::string_view url) {
  const auto split = split_service_url(url);
  if (!split) return split.error().detail;
  const auto target = parse_service_target(split->target);
  return target ? "" : target.error().detail;
}

TEST(ServiceUrl, IsSplitIntoTargetAndMethod) {
  for (const auto& [url, target] : std::initializer_list<std::pair<std::string, std::string>>{
           {"127.0.0.1:58081/busi.Busi/OK", "127.0.0.1:58081"},
           {"etcd://127.0.0.1:42379/busi/busi.Busi/OK", "etcd://127.0.0.1:42379/busi"},
           {"discov://127.0.0.1:42379/busi/busi.Busi/OK", "discov://127.0.0.1:42379/busi"},
           {"etcd://h1:2379,h2:2379/busi/busi.Busi/OK", "etcd://h1:2379,h2:2379/busi"},
           {"etcd:///127.0.0.1:2379?key=trans.rpc/busi.Busi/OK", "etcd:///127.0.0.1:2379?key=trans.rpc"},
           {"etcd:///h1:1,h2:2?key=a%2Fb/busi.Busi/OK", "etcd:///h1:1,h2:2?key=a%2Fb"},
           {"direct:///127.0.0.1:46801,127.0.0.1:46802/busi.Busi/OK", "direct:///127.0.0.1:46801,127.0.0.1:46802"},
           {"dns:///localhost:46801/busi.Busi/OK", "dns:///localhost:46801"},
           {"passthrough:///localhost:1/busi.Busi/OK", "passthrough:///localhost:1"}}) {
    const auto split = split_service_url(url);
    ASSERT_TRUE(split) << url << ": " << split.error().detail;
    EXPECT_EQ(*split, (dial_target{target, "/busi.Busi/OK"}));
    EXPECT_TRUE(parse_service_target(split->target)) << url;
  }
}

TEST(ServiceTarget, NamesTheAddressesAndTheKey) {
  const auto parsed = [](std::string_view target) { return *parse_service_target(target); };
  EXPECT_EQ(parsed("h:1"), (service_target{{"h:1"}, ""}));
  EXPECT_EQ(parsed("etcd://h1:1,h2/busi"), (service_target{{"h1:1", "h2:2379"}, "busi"}));
  EXPECT_EQ(parsed("discov://[::1]:2379/my%20key+x"), (service_target{{"[::1]:2379"}, "my key+x"}));
  EXPECT_EQ(parsed("etcd:///h1:1,h2:2?key=trans%2Frpc"), (service_target{{"h1:1", "h2:2"}, "trans/rpc"}));
  EXPECT_EQ(parsed("etcd:///h1:1?x=y&key=k"), (service_target{{"h1:1"}, "k"}));
  EXPECT_EQ(parsed("direct:///a:1,b:2,a:1,"), (service_target{{"a:1", "b:2"}, ""}));
  EXPECT_EQ(parsed("dns:///localhost:80"), (service_target{{"localhost:80"}, ""}));
}

// Each of these is somebody's typing mistake: the text in the transaction's history has to tell which.
TEST(ServiceUrl, SaysWhatIsWrong) {
  EXPECT_EQ(complaint("nohost"), "bad url: 'nohost'. no '/' found");
  EXPECT_THAT(complaint("direct://127.0.0.1:46801/busi.Busi/OK"), HasSubstr("addresses after three slashes"));
  EXPECT_THAT(complaint("etcd://h:1/busi"), HasSubstr("no method"));
  EXPECT_THAT(complaint("etcd://h:1/busi/"), HasSubstr("no method"));
  EXPECT_THAT(complaint("etcd://h:1"), HasSubstr("no '/' after the host"));
  EXPECT_THAT(complaint("etcd://h:1//s.S/M"), HasSubstr("no key"));
  EXPECT_THAT(complaint("etcd:///h:1/s.S/M"), HasSubstr("no key"));
  EXPECT_THAT(complaint("etcd:///h:1?key=/s.S/M"), HasSubstr("no key"));
  EXPECT_THAT(complaint("etcd:///?key=k/s.S/M"), HasSubstr("no host:port"));
  EXPECT_THAT(complaint("etcd://h:0/k/s.S/M"), HasSubstr("'h:0"));
  EXPECT_THAT(complaint("direct:///a,b:1/s.S/M"), HasSubstr("'a' is not host:port"));
  EXPECT_THAT(complaint("dns:///a:1,b:1/s.S/M"), HasSubstr("more than one address"));
  EXPECT_THAT(complaint("dns://8.8.8.8/a:1/s.S/M"), HasSubstr("three slashes"));
  EXPECT_THAT(complaint("consul://h:8500/svc?wait=14s/s.S/M"), HasSubstr("unknown scheme: consul; known: etcd"));
  EXPECT_THAT(complaint("h:1//s.S/M"), HasSubstr("no '://'"));
  EXPECT_THAT(complaint("etcd://h:1/k/s.S/M\n"), HasSubstr("a blank or a character beyond ASCII"));
  EXPECT_THAT(complaint("://h:1/k/s.S/M"), HasSubstr("unknown scheme"));
}

TEST(RegistryTarget, HoldsTheAccountBesideTheKey) {
  const auto target = parse_registry_target("etcd://h1:2379,h2:2379/dtm/service?user=me&password=a%2Fb/c%26d");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->endpoints, ElementsAre("h1:2379", "h2:2379"));
  EXPECT_EQ(target->key, "dtm/service");
  EXPECT_EQ(target->user, "me");
  EXPECT_EQ(target->password, "a/b/c&d");
  EXPECT_EQ(parse_registry_target("discov://h/k")->endpoints, std::vector<std::string>{"h:2379"});
  EXPECT_EQ(parse_registry_target("etcd:///h:1?key=k&user=u")->key, "k");
}

TEST(RegistryTarget, IsRefusedWithoutShowingItsPassword) {
  for (const std::string_view target :
       {"consul://h:1/k?password=secret", "etcd://h:1?password=secret", "etcd://u:secret@h:1/k",
        "etcd:///k?password=secret", "etcd://h:0/k?password=secret", "h:1/k?password=secret", "etcd://?password=secret",
        "", "etcd://", "etcd", "discov?key=k"}) {
    const auto parsed = parse_registry_target(target);
    ASSERT_FALSE(parsed) << target;
    EXPECT_THAT(parsed.error().detail, Not(HasSubstr("secret@")));
    EXPECT_THAT(parsed.error().detail, Not(HasSubstr("=secret&")));
    EXPECT_THAT(parsed.error().detail, Not(testing::EndsWith("=secret")));
  }
}

// Whatever stands in a submit body reaches these functions.
TEST(ServiceUrl, NoTextMakesThemCrash) {
  std::mt19937 random{7};
  const std::string_view alphabet = "etcd:///direct,discov?key=&%2/[]:.@#h19 \r\n\xFF";
  const std::string_view beginnings[] = {"etcd://", "etcd:///h:1?key=", "direct:///", "discov://h:1/", ""};
  for (int round = 0; round < 20'000; ++round) {
    std::string url{beginnings[static_cast<std::size_t>(round) % 5]};
    for (std::size_t length = random() % 24; length > 0; --length) url += alphabet[random() % alphabet.size()];
    if (const auto split = split_service_url(url); split) {
      EXPECT_EQ(split->target + split->method, url);
      if (const auto target = parse_service_target(split->target); target) {
        for (const std::string& one : target->addresses) EXPECT_TRUE(split_host_and_port(one)) << url;
      }
    }
    (void)parse_registry_target(url);
  }
}

}  // namespace
}  // namespace treaty
