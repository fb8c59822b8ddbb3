// The instances behind a target, as a real etcd tells them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <mutex>
#include <thread>

#include "net/etcd/gozero_driver.hpp"
#include "tests/kit/etcd_process.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/tcp.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;
using kit::eventually;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What one lane knows of one target.
class follower {
public:
  follower(const discovery& where, const std::string& target) {
    auto found = where.follow(target, [this](std::shared_ptr<const instance_list> now) { set(std::move(now)); });
    if (!found) {
      error = found.error().detail;
      return;
    }
    authority = found->authority;
    watch_ = std::move(found->watch);
    if (found->known) set(found->known);
  }
  std::vector<std::string> addresses() const {
    const std::lock_guard lock{guard_};
    return known_ ? known_->addresses : std::vector<std::string>{"nothing is known"};
  }
  std::string why_none() const {
    const std::lock_guard lock{guard_};
    return known_ ? known_->why_none : "";
  }
  bool sees(const std::vector<std::string>& wanted) const {
    return eventually([&] { return addresses() == wanted; });
  }

  std::string authority;
  std::string error;

private:
  void set(std::shared_ptr<const instance_list> now) {
    const std::lock_guard lock{guard_};
    known_ = std::move(now);
  }

  mutable std::mutex guard_;
  std::shared_ptr<const instance_list> known_;
  std::unique_ptr<instances_watch> watch_;
};

class EtcdDiscovery : public testing::Test {
public:
  static void SetUpTestSuite() {
    etcd_ = std::make_unique<kit::etcd_process>();
    etcd_->start();
  }
  static void TearDownTestSuite() { etcd_.reset(); }

protected:
  static kit::etcd_process& etcd() { return *etcd_; }
  static std::string target(const std::string& key) { return "etcd://" + etcd().endpoint() + "/" + key; }

  double figure(const std::string& name) const {
    for (const auto& family : metrics.Collect()) {
      if (family.name != name) continue;
      const auto& one = family.metric.at(0);
      return family.type == prometheus::MetricType::Gauge ? one.gauge.value : one.counter.value;
    }
    return -1;
  }

  prometheus::Registry metrics;
  std::unique_ptr<service_driver> driver = make_gozero_driver({}, metrics);
  std::shared_ptr<const discovery> where = driver->where();

private:
  static inline std::unique_ptr<kit::etcd_process> etcd_;
};

TEST_F(EtcdDiscovery, SeesInstancesComeAndGo) {
  etcd().put("busi/11", "127.0.0.1:1");
  etcd().put("busi", "127.0.0.1:99");        // not an instance: no slash
  etcd().put("business/1", "127.0.0.1:98");  // another service
  follower one{*where, target("busi")};
  EXPECT_EQ(one.authority, "busi");
  EXPECT_TRUE(one.sees({"127.0.0.1:1"}));
  etcd().put("busi/12", "127.0.0.1:2");
  EXPECT_TRUE(one.sees({"127.0.0.1:1", "127.0.0.1:2"}));
  etcd().put("busi/11", "127.0.0.1:3");
  EXPECT_TRUE(one.sees({"127.0.0.1:2", "127.0.0.1:3"}));
  etcd().remove("busi/12");
  EXPECT_TRUE(one.sees({"127.0.0.1:3"}));
  etcd().remove("busi/11");
  EXPECT_TRUE(one.sees({}));
  EXPECT_THAT(one.why_none(), HasSubstr("no instance of 'busi' in etcd"));
  etcd().put("busi/13", "127.0.0.1:4");
  EXPECT_TRUE(one.sees({"127.0.0.1:4"}));
}

// go-zero's services may leave several keys with one address behind.
TEST_F(EtcdDiscovery, CountsAnAddressOnceUntilItsLastKeyIsGone) {
  etcd().put("twice/1", "127.0.0.1:1");
  etcd().put("twice/2", "127.0.0.1:1");
  follower one{*where, target("twice")};
  EXPECT_TRUE(one.sees({"127.0.0.1:1"}));
  etcd().remove("twice/1");
  etcd().put("twice/3", "127.0.0.1:2");
  EXPECT_TRUE(one.sees({"127.0.0.1:1", "127.0.0.1:2"}));
  etcd().remove("twice/2");
  EXPECT_TRUE(one.sees({"127.0.0.1:2"}));
}

TEST_F(EtcdDiscovery, ReadsEveryFormOfATarget) {
  etcd().put("trans/rpc/7", "127.0.0.1:7");
  etcd().put("k/7", "127.0.0.1:8");
  follower discov{*where, "discov://" + etcd().endpoint() + "/k"};
  follower escaped{*where, "etcd:///" + etcd().endpoint() + "?key=trans%2Frpc"};
  follower direct{*where, "direct:///127.0.0.1:1,localhost:2"};
  follower dns{*where, "dns:///localhost:1"};
  follower plain{*where, "localhost:1"};
  EXPECT_TRUE(discov.sees({"127.0.0.1:8"}));
  EXPECT_TRUE(escaped.sees({"127.0.0.1:7"}));
  EXPECT_EQ(escaped.authority, "trans%2Frpc");
  EXPECT_THAT(direct.addresses(), ElementsAre("127.0.0.1:1", "localhost:2"));
  EXPECT_THAT(dns.addresses(), ElementsAre("localhost:1"));
  EXPECT_THAT(plain.addresses(), ElementsAre("localhost:1"));
  EXPECT_EQ(plain.authority, "localhost:1");
  EXPECT_THAT(follower(*where, "zookeeper://h/k").error, HasSubstr("unknown scheme"));
}

TEST_F(EtcdDiscovery, LeavesOutWhatIsNoAddress) {
  etcd().put("odd/1", "not an address");
  follower one{*where, target("odd")};
  EXPECT_TRUE(eventually([&] { return !one.why_none().empty(); }));
  EXPECT_THAT(one.why_none(), HasSubstr("1 values are not host:port"));
  etcd().put("odd/2", "127.0.0.1:2");
  EXPECT_TRUE(one.sees({"127.0.0.1:2"}));
}

// What was known last is better than nothing; what has changed meanwhile is seen when etcd is back.
TEST_F(EtcdDiscovery, KeepsWhatItKnowsWhileEtcdIsAway) {
  kit::etcd_process weak;
  weak.start();
  weak.put("k/1", "127.0.0.1:1");
  follower one{*where, "etcd://" + weak.endpoint() + "/k"};
  ASSERT_TRUE(one.sees({"127.0.0.1:1"}));
  weak.kill();
  follower late{*where, "etcd://" + weak.endpoint() + "/k"};
  EXPECT_TRUE(late.sees({"127.0.0.1:1"}));
  weak.start();
  weak.put("k/2", "127.0.0.1:2");
  EXPECT_TRUE(one.sees({"127.0.0.1:1", "127.0.0.1:2"}));
  weak.kill();
  weak.forget();  // its revisions begin anew, below what was watched
  weak.start();
  weak.put("k/3", "127.0.0.1:3");
  EXPECT_TRUE(one.sees({"127.0.0.1:3"}));
}

TEST_F(EtcdDiscovery, SaysSoonThatEtcdCannotBeAsked) {
  const kit::refused_port nobody;
  follower one{*where, "etcd://127.0.0.1:" + std::to_string(nobody.port()) + "/k"};
  EXPECT_TRUE(eventually([&] { return !one.why_none().empty(); }, 3s));
  EXPECT_THAT(one.why_none(), HasSubstr("the instances of 'k' in etcd 127.0.0.1"));
  EXPECT_THAT(one.addresses(), IsEmpty());
}

// Many leave just while it is heard that nothing can be heard of them: that counts for those who are still there.
TEST_F(EtcdDiscovery, CountsNobodyWhoHasLeft) {
  const kit::refused_port nobody;
  const std::string cluster = "etcd://127.0.0.1:" + std::to_string(nobody.port()) + "/";
  for (int round = 0; round < 10; ++round) {
    const double before = figure("treaty_discovery_watch_failures_total");
    std::vector<std::unique_ptr<follower>> all;
    for (int i = 0; i < 100; ++i) all.push_back(std::make_unique<follower>(*where, cluster + std::to_string(i)));
    while (figure("treaty_discovery_watch_failures_total") == before) std::this_thread::yield();
    all.clear();
    const follower last{*where, cluster + "last"};
    EXPECT_TRUE(last.sees({}));  // and by now everything has been heard
  }
  EXPECT_EQ(figure("treaty_discovery_services_unseen"), 0);
}

TEST_F(EtcdDiscovery, AsksTheNextEndpointWhenOneIsDown) {
  const kit::refused_port nobody;
  etcd().put("next/1", "127.0.0.1:1");
  follower one{*where, "etcd://127.0.0.1:" + std::to_string(nobody.port()) + "," + etcd().endpoint() + "/next"};
  EXPECT_TRUE(one.sees({"127.0.0.1:1"}));
}

// Whoever may submit may name any etcd: the account is for the one that we are registered in.
TEST_F(EtcdDiscovery, ShowsItsAccountToItsOwnClusterOnly) {
  kit::etcd_process guarded;
  guarded.start();
  guarded.put("k/1", "127.0.0.1:1");
  guarded.control("user add root:rootword");
  guarded.control("user grant-role root root 2>&1");
  guarded.control("auth enable");
  etcd().put("k/7", "127.0.0.1:8");
  const auto with_account = make_gozero_driver({{}, {}, {{guarded.endpoint()}, "root", "rootword", {}}}, metrics);
  follower own{*with_account->where(), "etcd://" + guarded.endpoint() + "/k"};
  follower strange{*with_account->where(), target("k")};  // which would refuse an account, as it has none
  follower without{*where, "etcd://" + guarded.endpoint() + "/k"};
  EXPECT_TRUE(own.sees({"127.0.0.1:1"}));
  EXPECT_TRUE(strange.sees({"127.0.0.1:8"}));
  EXPECT_TRUE(eventually([&] { return without.why_none().find("user name is empty") != std::string::npos; }));
}

// At every moment of its work: those who followed are gone first, what they asked for may still be under way.
TEST_F(EtcdDiscovery, EndsWhileEtcdIsBeingAsked) {
  for (int round = 0; round < 20; ++round) {
    prometheus::Registry registry;
    auto other = make_gozero_driver({"ends", "h:1", {{etcd().endpoint()}, {}, {}}}, registry);
    auto place = other->enrol();
    place->begin();
    std::vector<std::unique_ptr<follower>> many;
    for (int i = 0; i < 10; ++i)
      many.push_back(std::make_unique<follower>(*other->where(), target("end" + std::to_string(i % 5))));
    if (round % 2 == 0) {
      EXPECT_TRUE(eventually([&] { return !many.front()->why_none().empty(); }));
    }
    many.clear();
    place.reset();
    other.reset();
  }
}

}  // namespace
}  // namespace treaty
