#include "net/http2/branch_grpc_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <atomic>
#include <vector>

#include "net/branch_mux.hpp"
#include "net/http/client_metrics.hpp"
#include "tests/kit/grpc_participant.hpp"
#include "tests/kit/lane_thread.hpp"
#include "tests/kit/participant.hpp"
#include "tests/kit/raw_participant.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

branch_call call_of(std::string url, std::string payload = "", std::chrono::milliseconds timeout = 10s) {
  auto texts = std::make_shared<std::pair<std::string, std::string>>(std::move(url), std::move(payload));
  branch_call call;
  call.protocol = branch_protocol::grpc;
  call.gid = "g1";
  call.id = branch_id{"01"};
  call.op = "action";
  call.url = texts->first;
  call.payload = texts->second;
  call.timeout = timeout;
  call.keep = std::move(texts);
  return call;
}

class GrpcClient : public testing::Test {
protected:
  GrpcClient() : GrpcClient{grpc_client_options{}} {}
  explicit GrpcClient(grpc_client_options options)
      : client{loop, std::make_shared<default_discovery>(), std::move(options), metrics}, lane{loop} {}
  ~GrpcClient() override { lane.stop(); }
  branch_reply make(branch_call call) { return lane.start(client, std::move(call)).get(); }

  prometheus::Registry registry;
  http_client_metrics metrics{registry};
  std::shared_ptr<asio_loop> loop = std::make_shared<asio_loop>();
  branch_grpc_client client;
  kit::lane_thread lane;
};

kit::grpc_participant::reply fine(const kit::seen_rpc&) {
  return {grpc::Status::OK, false, "reply bytes that are no message we know"};
}

TEST_F(GrpcClient, SendsBytesAndMetadataToAnyMethod) {
  kit::grpc_participant service{fine};
  auto call = call_of(service.address() + "/busi.Busi/TransIn", std::string{"\x08\x1e\0\xff", 4}, 5s);
  const std::map<std::string, std::string> headers{{"Test_Header", "v1"}, {"x-b", "v2"}};
  call.headers = &headers;
  EXPECT_EQ(make(call).outcome, call_outcome::success);
  const auto seen = service.ledger();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].method, "/busi.Busi/TransIn");
  EXPECT_EQ(seen[0].message, std::string("\x08\x1e\0\xff", 4));
  for (const auto& [name, value] : std::map<std::string, std::string>{{"dtm-gid", "g1"},
                                                                      {"dtm-trans_type", "saga"},
                                                                      {"dtm-branch_id", "01"},
                                                                      {"dtm-op", "action"},
                                                                      {"dtm-dtm", ""},
                                                                      {"test_header", "v1"},
                                                                      {"x-b", "v2"}})
    EXPECT_THAT(seen[0].metadata, Contains(Pair(name, value)));
  const auto left = seen[0].deadline - std::chrono::system_clock::now();
  EXPECT_LT(left, 5s);
  EXPECT_GT(left, -5s);
}

// A name may have addresses where nobody listens: localhost is often ::1, too.
TEST_F(GrpcClient, FindsTheAddressOfANameWhereSomebodyListens) {
  kit::grpc_participant service{fine};
  const std::string port = service.address().substr(service.address().rfind(':'));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(make(call_of("localhost" + port + "/s.S/M")).outcome, call_outcome::success);
  EXPECT_EQ(metrics.grpc.in_trouble[0]->Value(), 0);
}

TEST_F(GrpcClient, SendsBinaryMetadataAsItIs) {
  kit::grpc_participant service{fine};
  auto call = call_of(service.address() + "/s.S/M");
  const std::map<std::string, std::string> headers{{"x-bin", std::string{"\0\xff ab", 5}}, {"x-empty", ""}};
  call.headers = &headers;
  EXPECT_EQ(make(call).outcome, call_outcome::success);
  EXPECT_THAT(service.ledger().at(0).metadata, Contains(Pair("x-bin", std::string("\0\xff ab", 5))));
  EXPECT_THAT(service.ledger().at(0).metadata, Contains(Pair("x-empty", "")));
}

TEST_F(GrpcClient, TellsTheFourOutcomesApart) {
  kit::grpc_participant service{[](const kit::seen_rpc& seen) -> kit::grpc_participant::reply {
    if (seen.method == "/s.S/Refuse") return {{grpc::StatusCode::ABORTED, "nomoney"}, false, ""};
    if (seen.method == "/s.S/Old") return {{grpc::StatusCode::ABORTED, "ONGOING"}, false, ""};
    if (seen.method == "/s.S/Later") return {{grpc::StatusCode::FAILED_PRECONDITION, "wait"}, false, ""};
    return {{grpc::StatusCode::INTERNAL, "boom"}, false, ""};
  }};
  const branch_reply refused = make(call_of(service.address() + "/s.S/Refuse"));
  EXPECT_EQ(refused.outcome, call_outcome::failure);
  EXPECT_EQ(refused.detail, "nomoney");
  EXPECT_EQ(make(call_of(service.address() + "/s.S/Old")).outcome, call_outcome::ongoing);
  EXPECT_EQ(make(call_of(service.address() + "/s.S/Later")).outcome, call_outcome::ongoing);
  const branch_reply unknown = make(call_of(service.address() + "/s.S/Boom"));
  EXPECT_EQ(unknown.outcome, call_outcome::unknown);
  EXPECT_EQ(unknown.detail, "rpc error: code = Internal desc = boom");
}

TEST_F(GrpcClient, GivesUpWhenTheTimeIsOver) {
  kit::grpc_participant service{[](const kit::seen_rpc&) { return kit::grpc_participant::reply{{}, true, ""}; }};
  const branch_reply reply = make(call_of(service.address() + "/s.S/Never", "", 200ms));
  EXPECT_EQ(reply.outcome, call_outcome::unknown);
  EXPECT_THAT(reply.detail, StartsWith("rpc error: code = DeadlineExceeded"));
}

TEST_F(GrpcClient, NamesWhatCannotBeReachedOrSent) {
  const kit::refused_port nobody;
  const branch_reply refused = make(call_of("127.0.0.1:" + std::to_string(nobody.port()) + "/s.S/M"));
  EXPECT_EQ(refused.outcome, call_outcome::unknown);
  EXPECT_THAT(refused.detail, StartsWith("rpc error: code = Unavailable"));
  EXPECT_EQ(make(call_of("nohost")).detail, "bad url: 'nohost'. no '/' found");
  EXPECT_EQ(make(call_of("etcd://h/k/s/M")).detail,
            "call dtmdriver.Use() before you use custom scheme for 'etcd://h/k/s/M'");
  EXPECT_EQ(make(call_of("no-such-host.invalid:1/s.S/M", "", 2s)).outcome, call_outcome::unknown);
  EXPECT_EQ(make(call_of(":::/s.S/M", "", 2s)).outcome, call_outcome::unknown);
  auto call = call_of("127.0.0.1:1/s.S/M");
  call.gid = "g\n1";
  EXPECT_EQ(make(call).detail, "gRPC metadata 'dtm-gid' can only be printable ASCII");
}

TEST_F(GrpcClient, NamesHeadersThatAreTooLargeToBeSent) {
  kit::grpc_participant service{fine};
  auto call = call_of(service.address() + "/s.S/M");
  const std::map<std::string, std::string> headers{{"x-large", std::string(200'000, 'x')}};
  call.headers = &headers;
  EXPECT_EQ(make(call).detail, "rpc error: code = ResourceExhausted desc = the call's headers are too large");
  EXPECT_EQ(make(call_of(service.address() + "/s.S/M")).outcome, call_outcome::success);
  EXPECT_EQ(service.ledger().size(), 1u);
}

TEST_F(GrpcClient, OutlivesAPeerThatDoesNotSpeakGrpc) {
  kit::raw_participant garbage{
      [](kit::tcp_stream& stream, int) { stream.write("HTTP/1.1 400 Bad Request\r\n\r\n", kit::steady::now() + 5s); }};
  const auto url = "127.0.0.1:" + std::to_string(garbage.port()) + "/s.S/M";
  EXPECT_EQ(make(call_of(url, "", 1s)).outcome, call_outcome::unknown);
}

class NarrowGrpcClient : public GrpcClient {
protected:
  NarrowGrpcClient() : GrpcClient{{.in_flight_max = 1, .waiting_max = 2, .targets_max = 2}} {}
};

TEST_F(NarrowGrpcClient, BoundsWhatIsInFlightAndWhatWaits) {
  kit::grpc_participant service{[](const kit::seen_rpc&) { return kit::grpc_participant::reply{{}, true, ""}; }};
  std::vector<std::future<branch_reply>> calls;
  calls.push_back(lane.start(client, call_of(service.address() + "/s.S/M", "", 600ms)));
  calls.push_back(lane.start(client, call_of(service.address() + "/s.S/M", "", 200ms)));
  calls.push_back(lane.start(client, call_of(service.address() + "/s.S/M", "", 900ms)));
  calls.push_back(lane.start(client, call_of(service.address() + "/s.S/M", "", 9s)));
  const branch_reply refused = calls[3].get();
  EXPECT_THAT(refused.detail, StartsWith("destination queue full: 127.0.0.1:"));
  EXPECT_FALSE(refused.was_called);
  EXPECT_THAT(calls[1].get().detail, StartsWith("timed out after 200 ms, waiting for a turn at 127.0.0.1:"));
  EXPECT_THAT(calls[0].get().detail, HasSubstr("DeadlineExceeded"));
  EXPECT_THAT(calls[2].get().detail, HasSubstr("DeadlineExceeded"));
}

TEST_F(NarrowGrpcClient, WhoeverHasWaitedHasAllItsTimeForTheCall) {
  kit::grpc_participant service{[](const kit::seen_rpc&) {
    std::this_thread::sleep_for(700ms);  // what the work takes, not a wait
    return fine({});
  }};
  std::vector<std::future<branch_reply>> calls;
  for (int i = 0; i < 2; ++i) calls.push_back(lane.start(client, call_of(service.address() + "/s.S/M", "", 1s)));
  for (auto& one : calls) EXPECT_EQ(one.get().outcome, call_outcome::success);
}

TEST_F(NarrowGrpcClient, ForgetsTheChannelsThatNobodyUses) {
  kit::grpc_participant first{fine};
  kit::grpc_participant second{fine};
  kit::grpc_participant third{fine};
  for (int round = 0; round < 2; ++round)
    for (const auto* one : {&first, &second, &third})
      EXPECT_EQ(make(call_of(one->address() + "/s.S/M")).outcome, call_outcome::success);
}

class GrpcClientWithoutFiles : public GrpcClient {
protected:
  GrpcClientWithoutFiles() : GrpcClient{grpc_client_options{.descriptors_below = 0}} {}
};

TEST_F(GrpcClientWithoutFiles, NamesWhatItLacks) {
  kit::grpc_participant service{fine};
  const branch_reply reply = make(call_of(service.address() + "/busi.Busi/TransIn", "", 5s));
  EXPECT_EQ(reply.outcome, call_outcome::unknown);
  EXPECT_THAT(reply.detail, HasSubstr("Too many open files"));
}

TEST(GrpcClientEnd, DropsCallsThatAreUnderWay) {
  kit::grpc_participant service{[](const kit::seen_rpc&) { return kit::grpc_participant::reply{{}, true, ""}; }};
  std::future<branch_reply> reply;
  {
    const auto loop = std::make_shared<asio_loop>();
    prometheus::Registry registry;
    http_client_metrics metrics{registry};
    branch_grpc_client client{loop, std::make_shared<default_discovery>(), {}, metrics};
    kit::lane_thread lane{loop};
    reply = lane.start(client, call_of(service.address() + "/s.S/M"));
    while (service.ledger().empty()) std::this_thread::yield();
  }
  EXPECT_EQ(reply.wait_for(10s), std::future_status::ready);
  EXPECT_THROW(reply.get(), std::future_error);
}

// One transaction may call branches over every transport.
TEST(BranchMux, TakesTheTransportThatTheUrlAsksFor) {
  kit::grpc_participant rpcs{fine};
  kit::participant https;
  https.on("/rpc", kit::scripted_reply{.status = 200, .body = R"({"error":{"code":-32901,"message":"no money"}})"});
  prometheus::Registry registry;
  http_client_metrics metrics{registry};
  const auto loop = std::make_shared<asio_loop>();
  branch_mux mux{
      loop, std::make_shared<default_discovery>(), {.http = {}, .grpc = {}, .local_host_alias = "127.0.0.1"}, metrics};
  kit::lane_thread lane{loop};
  const std::string port = std::to_string(https.port());
  EXPECT_EQ(lane.start(mux, call_of(rpcs.address() + "/s.S/M")).get().outcome, call_outcome::success);
  EXPECT_EQ(lane.start(mux, call_of("http://localhost:" + port + "/p", "x")).get().outcome, call_outcome::success);
  auto call = call_of("http://localhost:" + port + "/rpc?method=TransIn", R"({"n":1})");
  call.protocol = branch_protocol::json_rpc;
  const branch_reply refused = lane.start(mux, call).get();
  EXPECT_EQ(refused.outcome, call_outcome::failure);
  EXPECT_EQ(refused.detail, "no money");
  const auto seen = https.ledger();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].message.header("host"), "127.0.0.1:" + port);
  EXPECT_EQ(seen[1].message.start_line, "POST /rpc?method=TransIn HTTP/1.1");
  EXPECT_THAT(seen[1].message.body, HasSubstr(R"("method":"TransIn","params":{"n":1,"branch_id":"01")"));
}

}  // namespace
}  // namespace treaty
