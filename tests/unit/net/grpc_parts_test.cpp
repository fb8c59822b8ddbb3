#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/grpc/answer_status.hpp"
#include "net/grpc/request_body.hpp"
#include "net/http2/call_metadata.hpp"

namespace treaty {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::string from_hex(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string{text.substr(i, 2)}, nullptr, 16));
  return out;
}

// Bytes that a real client sent (docs/protocol.md, "Hex test vectors").
TEST(GrpcRequest, IsReadFromARealClientsBytes) {
  dtmgimp::DtmRequest request;
  ASSERT_TRUE(request.ParseFromString(
      from_hex("0a1167313739353336363936302d73616761311204736167611a2208012a090a03782d62120276322a110a0b546573745f48656"
               "16465721202"
               "763130052a02081e3a5a5b7b22616374696f6e223a223132372e302e302e313a34363830312f627573692e427573692f4f4b222"
               "c22636f6d70"
               "656e73617465223a223132372e302e302e313a34363830312f627573692e427573692f4f4b436f6d227d5d")));
  const auto body = body_of(request);
  ASSERT_TRUE(body) << body.error().detail;
  EXPECT_EQ(body->gid.value, "g1795366960-saga1");
  EXPECT_EQ(body->trans_type, "saga");
  EXPECT_EQ(body->protocol, "grpc");
  EXPECT_TRUE(body->options.wait_result);
  EXPECT_EQ(body->options.request_timeout, std::chrono::seconds{5});
  EXPECT_THAT(body->options.branch_headers, ElementsAre(Pair("Test_Header", "v1"), Pair("x-b", "v2")));
  EXPECT_THAT(body->payloads, ElementsAre("\x08\x1e"));
  ASSERT_EQ(body->steps.size(), 1u);
  EXPECT_EQ(body->steps[0].action, "127.0.0.1:46801/busi.Busi/OK");
  EXPECT_EQ(body->steps[0].compensate, "127.0.0.1:46801/busi.Busi/OKCom");
}

TEST(GrpcRequest, TakesTheGidAsItIsAndMissingOptionsAsDefaults) {
  dtmgimp::DtmRequest request;
  request.set_gid("a;b\n");
  request.set_steps("null");
  const auto body = body_of(request);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->gid.value, "a;b\n");
  EXPECT_EQ(body->options, txn_options{});
  EXPECT_TRUE(body->steps.empty());
}

TEST(GrpcRequest, RefusesStepsThatAreNoJsonAndNegativeSpans) {
  dtmgimp::DtmRequest request;
  request.set_steps("{oops");
  EXPECT_FALSE(body_of(request));
  request.set_steps("[]");
  request.mutable_transoptions()->set_retryinterval(-1);
  EXPECT_EQ(body_of(request).error().detail, "TransOptions.RetryInterval must not be negative");
}

TEST(GrpcStatus, FollowsTheProtocolsTable) {
  const auto code = [](answer_kind kind) { return to_grpc_status(answer{kind, "m"}).code; };
  EXPECT_EQ(code(answer_kind::ok), 0);
  EXPECT_EQ(code(answer_kind::failure), 10);
  EXPECT_EQ(code(answer_kind::ongoing), 9);
  EXPECT_EQ(code(answer_kind::error), 2);
  EXPECT_EQ(code(answer_kind::internal), 13);
  EXPECT_EQ(code(answer_kind::invalid), 3);
  EXPECT_EQ(code(answer_kind::overloaded), 8);
  EXPECT_EQ(code(answer_kind::unavailable), 14);
  EXPECT_EQ(code(answer_kind::unimplemented), 12);
  EXPECT_EQ(to_grpc_status(answer{answer_kind::failure, "why"}).message, "why");
}

TEST(CallMetadata, NamesTheCallAndLowersHeaderNames) {
  branch_call call;
  call.gid = "g1";
  call.id = branch_id{"01"};
  call.op = "action";
  const std::map<std::string, std::string> headers{
      {"Test_Header", "v1"}, {"Content-Type", "x"}, {"grpc-timeout", "1n"}, {"TE", "x"}, {"k-bin", "\xFF"}};
  call.headers = &headers;
  const auto metadata = call_metadata(call);
  ASSERT_TRUE(metadata);
  EXPECT_THAT(*metadata, ElementsAre(Pair("dtm-gid", "g1"), Pair("dtm-trans_type", "saga"), Pair("dtm-branch_id", "01"),
                                     Pair("dtm-op", "action"), Pair("dtm-dtm", ""), Pair("test_header", "v1"),
                                     Pair("k-bin", "\xFF")));
}

// gRPC ends the process over metadata that it cannot carry.
TEST(CallMetadata, RefusesWhatGrpcCannotCarry) {
  branch_call call;
  call.gid = "g\n1";
  EXPECT_EQ(call_metadata(call).error().detail, "gRPC metadata 'dtm-gid' can only be printable ASCII");
  call.gid = "g1";
  for (const char* name : {"", "a b", ":path", "\xC3\xA9"}) {
    const std::map<std::string, std::string> headers{{name, "v"}};
    call.headers = &headers;
    EXPECT_FALSE(call_metadata(call)) << name;
  }
}

// Found by fuzzing: gRPC takes a name for binary only when something stands before its "-bin".
TEST(CallMetadata, TakesOnlyTextUnderTheBareNameBin) {
  branch_call call;
  call.gid = "g1";
  for (const auto& [value, is_sent] : {std::pair{"text", true}, std::pair{"\t\x89", false}}) {
    const std::map<std::string, std::string> headers{{"-bin", value}};
    call.headers = &headers;
    EXPECT_EQ(static_cast<bool>(call_metadata(call)), is_sent);
  }
}

}  // namespace
}  // namespace treaty
