#include "net/grpc/grpc_server.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/empty.pb.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <future>
#include <mutex>
#include <set>

#include "net/grpc/dtm_service.hpp"
#include "net/http/asio_loop.hpp"
#include "proto/dtmgimp.grpc.pb.h"
#include "tests/component/net/scripted_door.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/lane_thread.hpp"
#include "tests/kit/tcp.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;
using dtmgimp::Dtm;
using google::protobuf::Empty;
using grpc::StatusCode;
using testing::HasSubstr;

class GrpcServer : public testing::Test {
protected:
  GrpcServer() {
    listen({});
    channel = grpc::CreateChannel(address(), grpc::InsecureChannelCredentials());
    stub = Dtm::NewStub(channel);
  }
  ~GrpcServer() override {
    channel.reset();
    lane->stop();
  }
  void listen(grpc_server_options limits) {
    if (lane) lane->stop();
    server.reset();
    limits.address = "127.0.0.1";
    loop = std::make_shared<asio_loop>();
    auto listening = grpc_server::listen(*loop, limits, dtm);
    ASSERT_TRUE(listening);
    server = *std::move(listening);
    lane = std::make_unique<kit::lane_thread>(loop);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(server->port()); }

  static dtmgimp::DtmRequest saga(const std::string& gid) {
    dtmgimp::DtmRequest request;
    request.set_gid(gid);
    request.set_transtype("saga");
    request.set_steps(R"([{"action":"h:1/s.S/A","compensate":"h:1/s.S/C"}])");
    request.add_binpayloads(std::string{"\x08\x1e\0", 3});
    return request;
  }
  grpc::Status submit(const dtmgimp::DtmRequest& request) {
    grpc::ClientContext context;
    Empty reply;
    return stub->Submit(&context, request, &reply);
  }
  std::string raw(const std::string& method, const std::string& bytes, StatusCode* code = nullptr) {
    grpc::ClientContext context;
    const grpc::Slice slice{bytes};
    const grpc::ByteBuffer request{&slice, 1};
    grpc::ByteBuffer reply;
    std::promise<grpc::Status> done;
    grpc::GenericStub generic{channel};
    generic.UnaryCall(&context, method, {}, &request, &reply, [&](grpc::Status status) { done.set_value(status); });
    const grpc::Status status = done.get_future().get();
    if (code != nullptr) *code = status.error_code();
    grpc::Slice one;
    if (!status.ok() || !reply.DumpToSingleSlice(&one).ok()) return {};
    return {reinterpret_cast<const char*>(one.begin()), one.size()};
  }

  scripted_door door;
  prometheus::Registry registry;
  dtm_service dtm{door, registry};
  std::shared_ptr<asio_loop> loop;
  std::unique_ptr<grpc_server> server;
  std::unique_ptr<kit::lane_thread> lane;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<Dtm::Stub> stub;
};

TEST_F(GrpcServer, HandsOutGids) {
  std::set<std::string> seen;
  for (int i = 0; i < 3; ++i) {
    grpc::ClientContext context;
    dtmgimp::DtmGidReply reply;
    EXPECT_TRUE(stub->NewGid(&context, {}, &reply).ok());
    EXPECT_GE(reply.gid().size(), 13u);
    seen.insert(reply.gid());
  }
  EXPECT_EQ(seen.size(), 3u);
}

TEST_F(GrpcServer, OffersASubmittedSaga) {
  EXPECT_TRUE(submit(saga("g1")).ok());
  ASSERT_EQ(door.offered(), 1u);
  EXPECT_EQ(door.ids[0].value, "g1");
  const auto& definition = std::get<submit_requested>(door.events[0]).definition;
  EXPECT_EQ(definition->protocol, branch_protocol::grpc);
  EXPECT_EQ(definition->payloads[0], std::string("\x08\x1e\0", 3));
  EXPECT_EQ(definition->steps[0].action, "h:1/s.S/A");
  EXPECT_EQ(door.bytes, saga("g1").ByteSizeLong());
}

TEST_F(GrpcServer, OffersPrepareAndAbort) {
  grpc::ClientContext first;
  grpc::ClientContext second;
  Empty reply;
  EXPECT_TRUE(stub->Prepare(&first, saga("g1"), &reply).ok());
  auto abort = saga("g1");
  abort.set_rollbackreason("changed my mind");
  EXPECT_TRUE(stub->Abort(&second, abort, &reply).ok());
  ASSERT_EQ(door.offered(), 2u);
  EXPECT_TRUE(std::holds_alternative<prepare_requested>(door.events[0]));
  EXPECT_EQ(std::get<abort_requested>(door.events[1]).reason, "changed my mind");
}

TEST_F(GrpcServer, TellsOutcomesByStatus) {
  door.say(answer{answer_kind::failure, "current status 'succeed', cannot sumbmit. FAILURE"});
  EXPECT_EQ(submit(saga("g1")).error_code(), StatusCode::ABORTED);
  EXPECT_EQ(submit(saga("g1")).error_message(), "current status 'succeed', cannot sumbmit. FAILURE");
  door.say(answer{answer_kind::ongoing, "ONGOING"});
  EXPECT_EQ(submit(saga("g1")).error_code(), StatusCode::FAILED_PRECONDITION);
  door.say(answer{answer_kind::overloaded, "busy"});
  EXPECT_EQ(submit(saga("g1")).error_code(), StatusCode::RESOURCE_EXHAUSTED);
}

// gRPC's clients that repeat calls by themselves read this; without it they come back at once.
TEST_F(GrpcServer, SaysWhenToComeBackToWhomItRefuses) {
  door.say(answer{answer_kind::overloaded, "busy"});
  grpc::ClientContext context;
  Empty reply;
  stub->Submit(&context, saga("g1"), &reply);
  EXPECT_THAT(context.GetServerTrailingMetadata(), testing::Contains(testing::Pair("grpc-retry-pushback-ms", "1000")));
}

struct refusal {
  dtmgimp::DtmRequest request;
  StatusCode code;
  std::string text;
};

TEST_F(GrpcServer, RefusesBadRequestsBeforeTheDoor) {
  auto unknown_type = saga("g");
  unknown_type.set_transtype("bad");
  auto bad_workflow = saga("g");
  bad_workflow.set_transtype("workflow");
  auto no_payload = saga("g");
  no_payload.clear_binpayloads();
  auto bad_steps = saga("g");
  bad_steps.set_steps("{oops");
  auto bad_plan = saga("g");
  bad_plan.set_customeddata("{oops");
  const refusal cases[] = {
      {saga(""), StatusCode::INVALID_ARGUMENT, "key required"},
      {saga(std::string(10'000, 'g')), StatusCode::INVALID_ARGUMENT, "10000 bytes"},
      {unknown_type, StatusCode::INTERNAL, "unknow trans type: bad"},
      {bad_workflow, StatusCode::INVALID_ARGUMENT, "req_extra.status"},
      {no_payload, StatusCode::INTERNAL, "payload"},
      {bad_steps, StatusCode::INVALID_ARGUMENT, "Steps"},
      {bad_plan, StatusCode::INVALID_ARGUMENT, ""},
  };
  for (const refusal& one : cases) {
    const grpc::Status status = submit(one.request);
    EXPECT_EQ(status.error_code(), one.code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(one.text));
  }
  EXPECT_EQ(door.offered(), 0u);
}

TEST_F(GrpcServer, OffersRegisteredBranches) {
  dtmgimp::DtmBranchRequest request;
  request.set_gid("x;1");
  request.set_transtype("xa");
  request.set_branchid("01");
  (*request.mutable_data())["url"] = "h:1/s.S/Xa";
  request.set_busipayload("ignored");
  const auto registers = [&] {
    grpc::ClientContext context;
    Empty reply;
    return stub->RegisterBranch(&context, request, &reply);
  };
  EXPECT_TRUE(registers().ok());
  ASSERT_EQ(door.offered(), 1u);
  EXPECT_EQ(door.ids[0].value, "x;1");
  const auto& asked = std::get<register_requested>(door.events[0]);
  ASSERT_EQ(asked.branches.size(), 2u);
  EXPECT_EQ(asked.branches[0]->op, branch_op::rollback);
  EXPECT_EQ(asked.branches[1]->url, "h:1/s.S/Xa");
  door.say(answer{answer_kind::error, "storage: UniqueKeyConflict"});
  EXPECT_EQ(registers().error_code(), StatusCode::UNKNOWN);
  request.set_transtype("bad");
  EXPECT_EQ(registers().error_code(), StatusCode::UNKNOWN);
  EXPECT_EQ(registers().error_message(), "unknow trans type: bad");
  request.set_transtype("tcc");
  request.set_gid("");
  EXPECT_EQ(registers().error_code(), StatusCode::ABORTED);
  EXPECT_EQ(door.offered(), 2u);
}

// What is known of a workflow, and its result: an application that asks again need not run again.
TEST_F(GrpcServer, AnswersAPreparedWorkflowWithItsProgress) {
  auto definition = std::make_shared<txn_definition>();
  definition->gid = gid{"w1"};
  definition->type = trans_type::workflow;
  auto row = std::make_shared<registered_branch>();
  row->id = branch_id{"01"};
  row->op = branch_op::named;
  row->op_name = "mine";
  row->payload = std::string{"\x00\xff", 2};
  door.stored = txn_record{.row = 1, .definition = definition, .progress = {}, .branches = {row}};
  door.stored->progress.status = txn_status::succeed;
  door.stored->progress.result = "cmVz";
  door.stored->progress.legs = {leg{.status = leg_status::succeed}};
  dtmgimp::DtmRequest request;
  request.set_gid("w1");
  request.set_transtype("workflow");
  request.set_customeddata(R"({"data":"CB4=","name":"wfname"})");
  request.set_steps("null");
  dtmgimp::DtmProgressesReply reply;
  const auto prepares = [&] {
    grpc::ClientContext context;
    reply.Clear();
    return stub->PrepareWorkflow(&context, request, &reply);
  };
  ASSERT_TRUE(prepares().ok());
  EXPECT_EQ(reply.transaction().gid(), "w1");
  EXPECT_EQ(reply.transaction().status(), "succeed");
  EXPECT_EQ(reply.transaction().result(), "cmVz");
  ASSERT_EQ(reply.progresses_size(), 1);
  EXPECT_EQ(reply.progresses(0).op(), "mine");
  EXPECT_EQ(reply.progresses(0).bindata(), std::string("\x00\xff", 2));
  EXPECT_EQ(reply.progresses(0).status(), "succeed");
  ASSERT_EQ(door.offered(), 1u);
  EXPECT_EQ(std::get<prepare_requested>(door.events[0]).definition->workflow.data, "\x08\x1e");
  request.set_customeddata("");
  EXPECT_EQ(prepares().error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(GrpcServer, OffersHowAWorkflowEnded) {
  dtmgimp::DtmRequest request;
  request.set_gid("w1");
  request.set_transtype("workflow");
  (*request.mutable_reqextra())["status"] = "failed";
  (*request.mutable_reqextra())["rollback_reason"] = "no money";
  EXPECT_TRUE(submit(request).ok());
  ASSERT_EQ(door.offered(), 1u);
  const auto& asked = std::get<submit_requested>(door.events[0]);
  ASSERT_TRUE(asked.end);
  EXPECT_EQ(asked.end->status, txn_status::failed);
  EXPECT_EQ(asked.end->rollback_reason, "no money");
}

TEST_F(GrpcServer, HandsTopicChangesToTheDoor) {
  dtmgimp::DtmTopicRequest request;
  request.set_topic("t");
  request.set_url("u");
  request.set_remark("r");
  const auto ask = [&](auto method) {
    grpc::ClientContext context;
    Empty reply;
    return ((*stub).*method)(&context, request, &reply);
  };
  EXPECT_TRUE(ask(&Dtm::Stub::Subscribe).ok());
  EXPECT_TRUE(ask(&Dtm::Stub::Unsubscribe).ok());
  EXPECT_TRUE(ask(&Dtm::Stub::DeleteTopic).ok());
  ASSERT_EQ(door.topics_changed(), 3u);
  EXPECT_EQ(door.topic_changes[0].action, topic_action::subscribe);
  EXPECT_EQ(door.topic_changes[0].remark, "r");
  EXPECT_EQ(door.topic_changes[1].action, topic_action::unsubscribe);
  EXPECT_EQ(door.topic_changes[1].url, "u");
  EXPECT_EQ(door.topic_changes[2].action, topic_action::remove);
  EXPECT_EQ(door.topic_changes[2].topic, "t");
  door.say(answer{answer_kind::error, "this url exists"});
  const grpc::Status refused = ask(&Dtm::Stub::Subscribe);
  EXPECT_EQ(refused.error_code(), StatusCode::UNKNOWN);
  EXPECT_EQ(refused.error_message(), "this url exists");
}

TEST_F(GrpcServer, SaysThatItKnowsNoOtherMethod) {
  StatusCode code = StatusCode::OK;
  raw("/dtmgimp.Dtm/Nope", "", &code);
  EXPECT_EQ(code, StatusCode::UNIMPLEMENTED);
}

TEST_F(GrpcServer, OutlivesGarbage) {
  StatusCode code = StatusCode::OK;
  raw("/dtmgimp.Dtm/Submit", "\xff\xff\xff garbage", &code);
  EXPECT_NE(code, StatusCode::OK);
  raw("/dtmgimp.Dtm/Submit", std::string(5 * 1024 * 1024, '\x0a'), &code);
  EXPECT_EQ(code, StatusCode::RESOURCE_EXHAUSTED);
  for (const std::string& bytes :
       {std::string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n"}, std::string(100'000, '\xEE'),
        std::string{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff"}}) {
    kit::tcp_stream stream = kit::tcp_stream::connect_to(server->port());
    stream.write(bytes, kit::steady::now() + 5s);
    std::string said;
    while (stream.read_some(said, kit::steady::now() + 200ms) == kit::tcp_stream::read_end::bytes) {
    }
  }
  EXPECT_TRUE(submit(saga("g1")).ok());
  EXPECT_EQ(door.offered(), 1u);
}

// A client that went away must cost nothing but its answer.
TEST_F(GrpcServer, OutlivesAClientThatDoesNotWait) {
  door.say(std::nullopt);
  grpc::ClientContext context;
  Empty reply;
  auto status = std::async(std::launch::async, [&] { return stub->Submit(&context, saga("g1"), &reply); });
  EXPECT_TRUE(kit::eventually([&] { return door.waiting() == 1; }));
  context.TryCancel();
  EXPECT_EQ(status.get().error_code(), StatusCode::CANCELLED);
  ASSERT_EQ(door.waiting(), 1u);
  door.kept[0]->answer({});
  door.kept[0]->answer({});
  door.kept.clear();
  door.say(answer{});
  EXPECT_TRUE(submit(saga("g2")).ok());
}

TEST_F(GrpcServer, TellsAClientWhoseRequestWasDropped) {
  door.say(std::nullopt);
  auto status = std::async(std::launch::async, [&] { return submit(saga("g1")); });
  while (door.waiting() == 0) std::this_thread::yield();
  {
    const std::lock_guard lock{door.mutex};
    door.kept.clear();
  }
  EXPECT_EQ(status.get().error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(GrpcServer, EndsWithAnswersOutstanding) {
  door.say(std::nullopt);
  auto status = std::async(std::launch::async, [&] { return submit(saga("g1")); });
  while (door.waiting() == 0) std::this_thread::yield();
  lane->stop();
  server.reset();
  EXPECT_EQ(status.get().error_code(), StatusCode::UNAVAILABLE);
  door.kept.clear();  // the door may be slower than the server
}

TEST_F(GrpcServer, WaitsForAnswersWhenItGoesAway) {
  door.say(std::nullopt);
  auto status = std::async(std::launch::async, [&] { return submit(saga("g1")); });
  while (door.waiting() == 0) std::this_thread::yield();
  door.say(answer{});
  server->go_away();
  grpc::Status later = submit(saga("g2"));
  while (later.ok()) later = submit(saga("g2"));  // until it has begun
  EXPECT_EQ(later.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(server->connections(), 1u);
  door.kept[0]->answer({});  // and the door keeps the sink
  EXPECT_TRUE(status.get().ok());
  EXPECT_TRUE(kit::eventually([&] { return server->connections() == 0; }));
}

TEST_F(GrpcServer, TellsItsHealth) {
  EXPECT_EQ(raw("/grpc.health.v1.Health/Check", ""), std::string("\x08\x02", 2));
  server->set_serving(serving_state::serving);  // on the lane, before what comes later
  EXPECT_EQ(raw("/grpc.health.v1.Health/Check", ""), std::string("\x08\x01", 2));
  EXPECT_EQ(raw("/grpc.health.v1.Health/Check",
                "\x0a\x0b"
                "dtmgimp.Dtm"),
            std::string("\x08\x01", 2));
  StatusCode code = StatusCode::OK;
  raw("/grpc.health.v1.Health/Check", "\x0a\x01x", &code);
  EXPECT_EQ(code, StatusCode::NOT_FOUND);
  server->set_serving(serving_state::not_serving);
  EXPECT_EQ(raw("/grpc.health.v1.Health/Check", ""), std::string("\x08\x02", 2));
}

TEST_F(GrpcServer, TellsWatchersWhenItsHealthChanges) {
  grpc::GenericStub generic{channel};
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto wait = [&] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const auto call = generic.PrepareCall(&context, "/grpc.health.v1.Health/Watch", &queue);
  call->StartCall(nullptr);
  ASSERT_TRUE(wait());
  call->WriteLast(grpc::ByteBuffer{nullptr, 0}, {}, nullptr);
  ASSERT_TRUE(wait());
  const auto next = [&]() -> std::string {
    grpc::ByteBuffer message;
    call->Read(&message, nullptr);
    grpc::Slice one;
    if (!wait() || !message.DumpToSingleSlice(&one).ok()) return "nothing";
    return {reinterpret_cast<const char*>(one.begin()), one.size()};
  };
  EXPECT_EQ(next(), std::string("\x08\x02", 2));
  server->set_serving(serving_state::serving);
  EXPECT_EQ(next(), std::string("\x08\x01", 2));
  server->set_serving(serving_state::serving);  // no change
  server->set_serving(serving_state::not_serving);
  EXPECT_EQ(next(), std::string("\x08\x02", 2));
  server->go_away();  // and does not wait for those who watch for ever
  grpc::Status ended;
  call->Finish(&ended, nullptr);
  wait();
  EXPECT_EQ(ended.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_TRUE(kit::eventually([&] { return server->connections() == 0; }));
}

// Tools like grpcurl find the API this way: list_services is field 7 of the request.
TEST_F(GrpcServer, DescribesItself) {
  const std::string answer = raw("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "\x3a\x01*");
  EXPECT_THAT(answer, HasSubstr("dtmgimp.Dtm"));
  EXPECT_THAT(answer, HasSubstr("grpc.health.v1.Health"));
}

TEST_F(GrpcServer, CountsRequestsByMethodAndOutcome) {
  EXPECT_TRUE(submit(saga("g1")).ok());
  EXPECT_FALSE(submit(saga("")).ok());
  const std::string shown = prometheus::TextSerializer{}.Serialize(registry.Collect());
  EXPECT_THAT(shown, HasSubstr(R"(dtm_server_process_total{api="submit",status="ok",type="grpc"} 1)"));
  EXPECT_THAT(shown, HasSubstr(R"(dtm_server_process_total{api="submit",status="fail",type="grpc"} 1)"));
  EXPECT_THAT(shown, HasSubstr(R"(dtm_server_response_duration_count{api="submit",type="grpc"} 2)"));
}

}  // namespace
}  // namespace treaty
