#include <gtest/gtest.h>

#include "net/jsonrpc/envelope.hpp"

namespace treaty {
namespace {

branch_call call_with(std::string_view payload) {
  branch_call call;
  call.gid = "j\"1";
  call.id = branch_id{"01"};
  call.op = "action";
  call.payload = payload;
  return call;
}

constexpr std::string_view ours = R"("branch_id":"01","gid":"j\"1","op":"action","trans_type":"saga"}})";
constexpr std::string_view head = R"({"id":"i","jsonrpc":"2.0","method":"TransIn","params":)";

std::string request(std::string_view payload) {
  const auto text = json_rpc_request(call_with(payload), "TransIn", "i");
  return text ? *text : text.error().detail;
}

// Numbers beyond 64 bits and the order of members are the participant's business, so nothing is parsed and rewritten.
TEST(JsonRpcRequest, KeepsThePayloadAndAddsWhoseCallItIs) {
  EXPECT_EQ(request(R"({"n":12345678901234567890123,"b":1.50})"),
            std::string{head} + R"({"n":12345678901234567890123,"b":1.50,)" + std::string{ours});
  EXPECT_EQ(request(" { } "), std::string{head} + "{ " + std::string{ours});
  EXPECT_EQ(request(""), std::string{head} + "{" + std::string{ours});
}

TEST(JsonRpcRequest, RefusesPayloadsThatAreNoObject) {
  for (const std::string_view payload : {"1", "[]", "{", "{}x", "null", "\xFF"})
    EXPECT_EQ(request(payload), "the payload of a JSON-RPC call must be a JSON object") << payload;
  EXPECT_EQ(request(std::string(1'000'000, '[')), "the payload of a JSON-RPC call must be a JSON object");
}

// Found by fuzzing: the JSON library stops at a zero byte, and what we add was put behind the object, not into it.
TEST(JsonRpcRequest, RefusesPayloadsWithAZeroByte) {
  for (const std::string_view payload : {std::string_view{"{}\0", 3}, std::string_view{"{\"a\":1}\0}", 9}})
    EXPECT_EQ(request(payload), "the payload of a JSON-RPC call must be a JSON object");
}

// The same where a participant answers: what hides behind the zero byte is no success.
TEST(JsonRpcOutcome, IsUnknownForAnAnswerWithAZeroByte) {
  const std::string answer = std::string{R"({"result":1})"} + '\0' + "garbage";
  EXPECT_EQ(judge_json_rpc(200, answer).outcome, call_outcome::unknown);
}

TEST(JsonRpcOutcome, FollowsTheWordsThenTheCode) {
  const auto outcome = [](int status, std::string_view body) { return judge_json_rpc(status, body).outcome; };
  EXPECT_EQ(outcome(200, R"({"jsonrpc":"2.0","result":1})"), call_outcome::success);
  EXPECT_EQ(outcome(200, R"({"error":null})"), call_outcome::success);
  EXPECT_EQ(outcome(200, R"({"error":{"code":-32901,"message":"m"}})"), call_outcome::failure);
  EXPECT_EQ(judge_json_rpc(200, R"({"error":{"code":-32901,"message":"m"}})").detail, "m");
  EXPECT_EQ(outcome(200, R"({"error":{"code":-32901.0}})"), call_outcome::failure);
  EXPECT_EQ(outcome(200, R"({"error":{"code":-32902,"message":"m"}})"), call_outcome::ongoing);
  EXPECT_EQ(outcome(200, R"({"error":{"code":-32603,"message":"m"}})"), call_outcome::unknown);
  EXPECT_EQ(outcome(200, R"({"error":{"code":"-32901"}})"), call_outcome::unknown);
  EXPECT_EQ(outcome(200, R"({"error":5})"), call_outcome::unknown);
  EXPECT_EQ(outcome(200, R"({"error":{"code":1,"message":"FAILURE"}})"), call_outcome::failure);
  EXPECT_EQ(outcome(409, ""), call_outcome::failure);
  EXPECT_EQ(outcome(500, R"({"error":{"code":-32901}})"), call_outcome::unknown);
  EXPECT_EQ(outcome(200, "not json"), call_outcome::unknown);
  EXPECT_EQ(outcome(200, std::string(500'000, '[')), call_outcome::unknown);
}

}  // namespace
}  // namespace treaty
