#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include <thread>

#include "proto/dtmgimp.grpc.pb.h"
#include "tests/kit/grpc_participant.hpp"
#include "tests/wire/raw_coordinator.hpp"

// Topics and KV queries as docs/protocol.md has them, against the real binary, over both doors.
namespace treaty::wire_test {
namespace {

using testing::ElementsAre;
using testing::MatchesRegex;

class RawTopics : public raw_coordinator {
protected:
  static void expect(const kit::http_answer& answer, int status, const std::string& body) {
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.body, body);
    EXPECT_EQ(answer.content_type, json_type);
  }
  static void expect_error(const kit::http_answer& answer, const std::string& message) {
    expect(answer, 500, R"({"message":")" + message + R"("})");
  }
  static kit::http_answer subscribe(const std::string& topic, const std::string& url) {
    return get("subscribe?topic=" + topic + "&url=" + url);
  }
  static kit::http_answer remove(const std::string& topic) {
    return kit::request(http(), "DELETE", "/api/dtmsvr/topic/" + topic);
  }
  static std::string message(const std::string& gid, const std::vector<std::string>& actions) {
    nlohmann::json body{{"gid", gid}, {"trans_type", "msg"}, {"wait_result", true}};
    for (const std::string& action : actions) {
      body["steps"].push_back({{"action", action}});
      body["payloads"].push_back(R"({"n":)" + std::to_string(body["steps"].size()) + "}");
    }
    return body.dump();
  }
  static nlohmann::json kv(const std::string& target) { return nlohmann::json::parse(get(target).body); }

  template <class Method, class Request>
  static grpc::Status call(Method method, const Request& request) {
    const auto channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(coordinator().grpc_port()),
                                             grpc::InsecureChannelCredentials());
    const auto stub = dtmgimp::Dtm::NewStub(channel);
    grpc::ClientContext context;
    google::protobuf::Empty reply;
    return ((*stub).*method)(&context, request, &reply);
  }
  static void expect_status(const grpc::Status& status, grpc::StatusCode code, const std::string& text) {
    EXPECT_EQ(status.error_code(), code);
    EXPECT_EQ(status.error_message(), text);
  }
};

TEST_F(RawTopics, ErrorsAreThoseThatClientsKnow) {
  expect_error(get("subscribe"), "empty topic");
  expect_error(get("subscribe?topic=e1"), "empty url");
  expect_error(get("unsubscribe?url=u"), "empty topic");
  expect_error(get("unsubscribe?topic=e1&url="), "empty url");
  expect_error(get("unsubscribe?topic=e1&url=u"), "no such a topic");
  expect(subscribe("e1", "u"), 200, success);
  expect_error(subscribe("e1", "u"), "this url exists");
  expect_error(get("unsubscribe?topic=e1&url=other"), "no such an url ");
  expect(get("unsubscribe?topic=e1&url=u"), 200, success);
  expect_error(get("unsubscribe?topic=e1&url=u"), "this topic is empty");
  expect(remove("e1"), 200, success);
  expect_error(remove("e1"), "storage: NotFound");
  EXPECT_EQ(remove("").status, 404);
}

TEST_F(RawTopics, ErrorsOverGrpcAreThoseThatClientsKnow) {
  using stub = dtmgimp::Dtm::Stub;
  constexpr auto unknown = grpc::StatusCode::UNKNOWN;
  dtmgimp::DtmTopicRequest request;
  expect_status(call(&stub::Subscribe, request), unknown, "empty topic");
  request.set_topic("g1");
  expect_status(call(&stub::Subscribe, request), unknown, "empty url");
  request.set_url("u");
  expect_status(call(&stub::Unsubscribe, request), unknown, "no such a topic");
  EXPECT_TRUE(call(&stub::Subscribe, request).ok());
  expect_status(call(&stub::Subscribe, request), unknown, "this url exists");
  EXPECT_TRUE(call(&stub::Unsubscribe, request).ok());
  expect_status(call(&stub::Unsubscribe, request), unknown, "this topic is empty");
  EXPECT_TRUE(call(&stub::DeleteTopic, request).ok());
  expect_status(call(&stub::DeleteTopic, request), unknown, "storage: NotFound");
  dtmgimp::DtmRequest submit;
  submit.set_gid("g-msg");
  submit.set_transtype("msg");
  submit.set_steps(R"([{"action":"topic://g1"}])");
  submit.add_binpayloads("p");
  expect_status(call(&stub::Submit, submit), grpc::StatusCode::INTERNAL, "topic not found");
  EXPECT_EQ(status_of("g-msg"), "absent");
}

// A subscriber may speak HTTP or gRPC, whatever the message's other steps speak, and finds the same payload.
TEST_F(RawTopics, MessageReachesSubscribersOfEitherProtocol) {
  kit::grpc_participant remote{[](const kit::seen_rpc&) { return kit::grpc_participant::reply{}; }};
  expect(subscribe("t1", url("/sub1")), 200, success);
  const std::string body = message("m1", {"topic://t1", url("/plain")});
  expect(post("submit", body), 200, success);
  const auto one = query("m1");
  EXPECT_EQ(one["branches"][0]["branch_id"], "01");
  EXPECT_EQ(one["branches"][1]["branch_id"], "02");

  dtmgimp::DtmTopicRequest request;
  request.set_topic("t1");
  request.set_url(remote.address() + "/busi.Busi/Sub2");
  EXPECT_TRUE(call(&dtmgimp::Dtm::Stub::Subscribe, request).ok());
  dtmgimp::DtmRequest submit;
  submit.set_gid("m2");
  submit.set_transtype("msg");
  submit.mutable_transoptions()->set_waitresult(true);
  submit.set_steps(R"([{"action":"topic://t1"},{"action":")" + url("/plain") + R"("}])");
  submit.add_binpayloads("payload");
  submit.add_binpayloads("plain");
  const auto submitted = call(&dtmgimp::Dtm::Stub::Submit, submit);
  EXPECT_TRUE(submitted.ok()) << submitted.error_message();
  EXPECT_EQ(service().story_of("m2"), "action 01-01, action 02");
  EXPECT_EQ(service().ledger_of("m2").at(0).message.body, "payload");
  ASSERT_EQ(remote.ledger().size(), 1u);
  EXPECT_EQ(remote.ledger()[0].message, "payload");
  EXPECT_EQ(remote.ledger()[0].method, "/busi.Busi/Sub2");
  EXPECT_EQ(remote.ledger()[0].metadata.find("dtm-branch_id")->second, "01-02");
}

TEST_F(RawTopics, MessageToAnUnknownTopicStoresNothing) {
  expect_error(post("submit", message("n1", {"topic://nobody"})), "topic not found");
  expect_error(post("prepare", message("n1", {url("/plain"), "topic://nobody"})), "topic not found");
  EXPECT_EQ(status_of("n1"), "absent");
}

TEST_F(RawTopics, QueriesShowATopicAsItIsStored) {
  expect(get("subscribe?topic=q1&url=http%3A%2F%2Fh%2Fa%3Fx%3D1%26y%3D2&remark=r%20r"), 200, success);
  EXPECT_THAT(
      get("queryKV?cat=topics&key=q1").body,
      MatchesRegex(R"re(\{"kv":\[\{"id":0,"create_time":"[^"]*Z","update_time":"[^"]*Z","cat":"topics",)re"
                   R"re("k":"q1","v":"\[\{\\"url\\":\\"http://h/a\?x=1\\\\u0026y=2\\",\\"remark\\":\\"r r\\"\}\]",)re"
                   R"re("version":1\}\]\})re"));
  expect(get("queryKV?cat=topics&key=none"), 200, R"({"kv":[]})");
  get("unsubscribe?topic=q1&url=http%3A%2F%2Fh%2Fa%3Fx%3D1%26y%3D2");
  const auto emptied = kv("queryKV?cat=topics&key=q1")["kv"][0];
  EXPECT_EQ(emptied["v"], "[]");
  EXPECT_EQ(emptied["version"], 2);
}

TEST_F(RawTopics, ScanPagesThroughEveryTopicOnce) {
  for (const char* topic : {"s3", "s1", "s2"}) expect(subscribe(topic, "u"), 200, success);
  std::vector<std::string> seen;
  std::string position;
  do {
    const auto page = kv("scanKV?cat=topics&limit=1&position=" + position);
    ASSERT_LE(page["kv"].size(), 1u);
    for (const auto& one : page["kv"]) seen.push_back(one["k"]);
    position = page["next_position"];
  } while (!position.empty());
  std::erase_if(seen, [](const std::string& key) { return key.front() != 's'; });
  EXPECT_THAT(seen, ElementsAre("s1", "s2", "s3"));
  expect(get("scanKV?cat=none"), 200, R"({"kv":[],"next_position":""})");
  EXPECT_EQ(get("scanKV?cat=topics&position=zz").status, 500);
  EXPECT_EQ(get("scanKV?cat=topics&limit=x").status, 500);
}

// DTM keeps one of these and tells the others of a lost race.
TEST_F(RawTopics, ConcurrentSubscriptionsAreAllKept) {
  std::vector<std::thread> clients;
  for (int at = 0; at < 20; ++at) {
    clients.emplace_back([at] { expect(subscribe("c1", "u" + std::to_string(at)), 200, success); });
  }
  for (auto& one : clients) one.join();
  const auto stored = kv("queryKV?cat=topics&key=c1")["kv"][0];
  EXPECT_EQ(stored["version"], 20);
  EXPECT_EQ(nlohmann::json::parse(stored["v"].get<std::string>()).size(), 20u);
}

TEST_F(RawTopics, SubscriptionsAndExpandedMessagesSurviveAKill) {
  service().on("/late", kit::scripted_reply{.status = 500, .body = "not yet"});
  expect(subscribe("k1", url("/sub1")), 200, success);
  expect(subscribe("k1", url("/late")), 200, success);
  post("submit", message("k-before", {"topic://k1"}));
  expect(subscribe("k2", url("/sub2")), 200, success);
  expect(remove("k1"), 200, success);
  coordinator().kill();
  coordinator().start();
  service().on("/late", kit::scripted_reply{});
  EXPECT_TRUE(ends_as("k-before", "succeed")) << "its steps were stored, whatever became of the topic";
  expect_error(post("submit", message("k-gone", {"topic://k1"})), "topic not found");
  expect(post("submit", message("k-after", {"topic://k2"})), 200, success);
  EXPECT_EQ(service().story_of("k-after"), "action 01");
  expect_error(subscribe("k2", url("/sub2")), "this url exists");
}

}  // namespace
}  // namespace treaty::wire_test
