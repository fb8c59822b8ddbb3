// Calls of a service with several instances: who gets them when instances come, go and die.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <atomic>
#include <mutex>

#include "net/http/client_metrics.hpp"
#include "net/http2/branch_grpc_client.hpp"
#include "net/service_target.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/grpc_participant.hpp"
#include "tests/kit/http2_peer.hpp"
#include "tests/kit/lane_thread.hpp"
#include "tests/kit/raw_participant.hpp"
#include "tests/kit/tcp.hpp"
#include "tests/kit/unanswered_port.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;
using kit::grpc_participant;
using testing::HasSubstr;

/// A registry in the test's hand.
class hand_discovery final : public discovery {
public:
  result<dial_target> locate(std::string_view url) const override { return split_service_url(url); }
  result<service_location> follow(const std::string&, instances_changed changed) const override {
    const std::lock_guard lock{guard_};
    changed_ = std::move(changed);
    return service_location{"busi", known_, std::make_unique<open_end>()};
  }
  void set(std::vector<std::string> addresses, std::string why_none = {}) {
    const std::lock_guard lock{guard_};
    known_ = std::make_shared<const instance_list>(instance_list{std::move(addresses), std::move(why_none)});
    if (changed_) changed_(known_);
  }

private:
  struct open_end final : instances_watch {};
  mutable std::mutex guard_;
  mutable instances_changed changed_;
  std::shared_ptr<const instance_list> known_;
};

grpc_participant::reply fine(const kit::seen_rpc&) {
  return {grpc::Status::OK, false, ""};
}

class ServiceCalls : public testing::Test {
protected:
  ~ServiceCalls() override { lane.stop(); }

  std::future<branch_reply> start(std::chrono::milliseconds timeout = 10s) {
    branch_call call;
    call.protocol = branch_protocol::grpc;
    call.gid = "g1";
    call.id = branch_id{"01"};
    call.op = "action";
    call.url = "etcd://h:2379/busi/s.S/M";
    call.payload = "x";
    call.timeout = timeout;
    return lane.start(client, call);
  }
  branch_reply make(std::chrono::milliseconds timeout = 10s) { return start(timeout).get(); }
  void make_good(int count) {
    for (int i = 0; i < count; ++i) {
      const branch_reply reply = make();
      ASSERT_EQ(reply.outcome, call_outcome::success) << reply.detail;
    }
  }
  /// Calls until each of them was called once more than now.
  bool reaches(const std::vector<const grpc_participant*>& all) {
    std::vector<std::size_t> before;
    for (const auto* one : all) before.push_back(one->ledger().size());
    return kit::eventually([&] {
      make();
      for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i]->ledger().size() <= before[i]) return false;
      return true;
    });
  }

  prometheus::Registry registry;
  http_client_metrics metrics{registry};
  std::shared_ptr<asio_loop> loop = std::make_shared<asio_loop>();
  std::shared_ptr<hand_discovery> where = std::make_shared<hand_discovery>();
  branch_grpc_client client{loop, where, {}, metrics};
  kit::lane_thread lane{loop};
};

TEST_F(ServiceCalls, GoToEveryInstanceInTurns) {
  grpc_participant a{fine}, b{fine}, c{fine};
  where->set({a.address(), b.address(), c.address()});
  ASSERT_TRUE(reaches({&a, &b, &c}));
  const std::size_t before[] = {a.ledger().size(), b.ledger().size(), c.ledger().size()};
  make_good(30);
  EXPECT_EQ(a.ledger().size() - before[0], 10u);
  EXPECT_EQ(b.ledger().size() - before[1], 10u);
  EXPECT_EQ(c.ledger().size() - before[2], 10u);
  EXPECT_EQ(a.ledger().back().authority, "busi");
}

TEST_F(ServiceCalls, DoNotGoToAnInstanceThatIsDead) {
  grpc_participant alive{fine};
  const kit::refused_port dead;
  where->set({"127.0.0.1:" + std::to_string(dead.port()), alive.address()});
  make_good(20);
  EXPECT_EQ(alive.ledger().size(), 20u);
}

TEST_F(ServiceCalls, GoElsewhereWhenAnInstanceDiesAndBackWhenItLives) {
  grpc_participant stays{fine};
  auto dies = std::make_unique<grpc_participant>(fine);
  const std::string address = dies->address();
  where->set({stays.address(), address});
  ASSERT_TRUE(reaches({&stays, dies.get()}));
  dies.reset();
  ASSERT_TRUE(kit::eventually([&] { return make().outcome == call_outcome::success; }));
  make_good(20);
  const grpc_participant back{fine, address};
  EXPECT_TRUE(reaches({&stays, &back}));
}

TEST_F(ServiceCalls, FollowTheListOfInstances) {
  grpc_participant a{fine}, b{fine};
  where->set({a.address()});
  make_good(3);
  where->set({a.address(), b.address()});
  ASSERT_TRUE(reaches({&a, &b}));
  where->set({b.address()});
  ASSERT_TRUE(kit::eventually([&] {
    const std::size_t before = a.ledger().size();
    make();
    make();
    return a.ledger().size() == before;
  }));
  const std::size_t before = a.ledger().size();
  make_good(10);
  EXPECT_EQ(a.ledger().size(), before);
}

// A call that was under way is not cut off because its instance says good-bye.
TEST_F(ServiceCalls, EndWhereTheyBeganThoughTheInstanceHasLeft) {
  std::promise<void> go;
  const std::shared_future<void> gone{go.get_future()};
  grpc_participant leaving{[gone](const kit::seen_rpc& seen) {
    gone.wait();
    return fine(seen);
  }};
  where->set({leaving.address()});
  auto under_way = start();
  ASSERT_TRUE(kit::eventually([&] { return !leaving.ledger().empty(); }));
  where->set({}, "no instance of 'busi' is registered");
  ASSERT_TRUE(kit::eventually([&] { return make().detail.find("no instance") != std::string::npos; }));
  go.set_value();
  EXPECT_EQ(under_way.get().outcome, call_outcome::success);
}

// Nobody is there: the transaction tries again later, and its history says why.
TEST_F(ServiceCalls, AreUnknownAtOnceWhenThereIsNoInstance) {
  where->set({}, "no instance of 'busi' is registered");
  const auto asked = std::chrono::steady_clock::now();
  const branch_reply reply = make();
  EXPECT_EQ(reply.outcome, call_outcome::unknown);
  EXPECT_EQ(reply.detail, "rpc error: code = Unavailable desc = no instance of 'busi' is registered");
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 5s);
  grpc_participant comes{fine};
  where->set({comes.address()});
  EXPECT_TRUE(reaches({&comes}));
}

TEST_F(ServiceCalls, WaitForTheFirstAnswerOfTheRegistry) {
  grpc_participant service{fine};
  auto waits = start();
  EXPECT_EQ(waits.wait_for(100ms), std::future_status::timeout);
  where->set({service.address()});
  EXPECT_EQ(waits.get().outcome, call_outcome::success);
  // And no longer than their time-out.
  EXPECT_EQ(make(5s).outcome, call_outcome::success);
}

TEST_F(ServiceCalls, GiveUpWhenTheRegistrySaysNothing) {
  const branch_reply reply = make(200ms);
  EXPECT_EQ(reply.outcome, call_outcome::unknown);
  EXPECT_THAT(reply.detail, HasSubstr("timed out after 200 ms, waiting for a turn at etcd://h:2379/busi"));
}

TEST_F(ServiceCalls, KnowInstancesByNameToo) {
  grpc_participant a{fine}, b{fine};
  where->set({"localhost" + a.address().substr(a.address().find(':')), b.address()});
  EXPECT_TRUE(reaches({&a, &b}));
}

// An instance whose machine is gone takes calls, as far as the others' systems know, and answers none.
TEST_F(ServiceCalls, LeaveOutAnInstanceThatAnswersNone) {
  std::atomic<bool> is_silent{true};
  std::atomic<int> silences{0};
  std::atomic<int> answers{0};
  kit::raw_participant odd{[&](kit::tcp_stream& stream, int) {
    kit::http2_peer peer{stream};
    if (!peer.open()) return;
    for (std::uint32_t request = peer.next_request(); request != 0; request = peer.next_request()) {
      ++(is_silent ? silences : answers);
      if (!is_silent) peer.answer_well(request);
    }
  }};
  grpc_participant works{fine};
  where->set({"127.0.0.1:" + std::to_string(odd.port()), works.address()});
  ASSERT_TRUE(kit::eventually([&] {
    make(50ms);
    return silences == 3;
  }));
  const auto began = std::chrono::steady_clock::now();
  make_good(20);
  if (std::chrono::steady_clock::now() - began < 4s) {  // a machine that slow may have tried it again
    EXPECT_EQ(silences, 3);
  }
  is_silent = false;
  EXPECT_TRUE(kit::eventually([&] {
    make();
    return answers >= 2;
  }));
}

// All destinations of a lane share one thread: it may not wait for one that does not answer.
TEST_F(ServiceCalls, GoOnWhenAnInstanceLeavesBeforeItIsConnected) {
  grpc_participant works{fine};
  const kit::unanswered_port gone;
  where->set({works.address(), gone.address()});
  make_good(3);
  EXPECT_EQ(metrics.grpc_connections.Value(), 2);
  where->set({works.address()});
  for (int i = 0; i < 3; ++i) {
    auto call = start();
    ASSERT_EQ(call.wait_for(20s), std::future_status::ready) << "the lane is blocked";
    EXPECT_EQ(call.get().outcome, call_outcome::success);
  }
  EXPECT_TRUE(kit::eventually([&] { return metrics.grpc_connections.Value() == 1; }, 4s));  // less than a connect has
}

// What one that does not answer costs: nothing, while another one does and wants more connections.
TEST_F(ServiceCalls, GetMoreConnectionsToOneInstanceWhileAnotherIsOutOfReach) {
  constexpr std::uint16_t max_concurrent_streams = 3;
  std::promise<void> all_asked;
  const std::shared_future<void> go{all_asked.get_future()};
  std::atomic<int> asked{0};
  kit::raw_participant narrow{[&](kit::tcp_stream& stream, int) {
    kit::http2_peer peer{stream};
    if (!peer.open(kit::http2_setting(max_concurrent_streams, 1))) return;
    const std::uint32_t request = peer.next_request();
    if (request == 0) return;
    if (++asked == 3) all_asked.set_value();
    if (go.wait_for(10s) == std::future_status::ready) peer.answer_well(request);
    peer.serve();
  }};
  const kit::unanswered_port gone;
  where->set({gone.address(), "127.0.0.1:" + std::to_string(narrow.port())});
  std::vector<std::future<branch_reply>> calls;
  for (int i = 0; i < 3; ++i) calls.push_back(start(4s));
  for (auto& one : calls) EXPECT_EQ(one.get().outcome, call_outcome::success);
  EXPECT_EQ(narrow.connections(), 3);
}

// One instance that hangs holds up its share of the calls, and no more.
TEST_F(ServiceCalls, AreNotAllHeldUpByAnInstanceThatHangs) {
  grpc_participant hangs{[](const kit::seen_rpc&) { return grpc_participant::reply{{}, true, ""}; }};
  grpc_participant works{fine};
  branch_grpc_client narrow{loop, where, {.in_flight_max = 2}, metrics};
  where->set({hangs.address(), works.address()});
  std::vector<std::future<branch_reply>> calls;
  for (int i = 0; i < 12; ++i) {
    branch_call call;
    call.protocol = branch_protocol::grpc;
    call.gid = "g1";
    call.id = branch_id{"01"};
    call.op = "action";
    call.url = "etcd://h:2379/busi/s.S/M";
    call.payload = "x";
    call.timeout = 3s;
    calls.push_back(lane.start(narrow, call));
  }
  EXPECT_TRUE(kit::eventually([&] { return works.ledger().size() >= 9; }, 2s));
  EXPECT_LE(hangs.ledger().size(), 2u);
  for (auto& one : calls) one.wait();
  lane.stop();
}

}  // namespace
}  // namespace treaty
