#include "net/wire/trans_body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace treaty {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

trans_body parsed(std::string_view json) {
  auto body = parse_trans_body(json);
  EXPECT_TRUE(body) << json;
  return body ? *std::move(body) : trans_body{};
}

std::string refused(std::string_view json) {
  const auto body = parse_trans_body(json);
  EXPECT_FALSE(body) << json;
  return body ? std::string{} : body.error().detail;
}

result<std::shared_ptr<const txn_definition>> defined(std::string_view json) {
  auto body = parse_trans_body(json);
  if (!body) return body.error();
  return make_definition(*std::move(body));
}

std::string not_defined(std::string_view json) {
  const auto definition = defined(json);
  EXPECT_FALSE(definition) << json;
  return definition ? std::string{} : definition.error().detail;
}

TEST(TransBody, ReadsAGoSaga) {
  const auto saga =
      defined(R"({"gid":"g1","trans_type":"saga","concurrent":false,"steps":[{"action":"http://b/TransOut",)"
              R"("compensate":"http://b/TransOutRevert"}],"payloads":["{\"amount\":30}"],"protocol":""})");
  ASSERT_TRUE(saga);
  EXPECT_EQ((*saga)->gid.value, "g1");
  EXPECT_EQ((*saga)->type, trans_type::saga);
  EXPECT_EQ((*saga)->protocol, branch_protocol::http);
  EXPECT_THAT((*saga)->steps, ElementsAre(step{"http://b/TransOut", "http://b/TransOutRevert"}));
  EXPECT_THAT((*saga)->payloads, ElementsAre(R"({"amount":30})"));
  EXPECT_FALSE((*saga)->saga.concurrent);
}

TEST(TransBody, ReadsAConcurrentGoSaga) {
  const auto saga = defined(
      R"({"gid":"g","trans_type":"saga","concurrent":true,"custom_data":"{\"concurrent\":true,\"orders\":{\"1\":[0]}}",)"
      R"("steps":[{"action":"a"},{"action":"b"}],"payloads":["1","2"]})");
  ASSERT_TRUE(saga);
  EXPECT_TRUE((*saga)->saga.concurrent);
  EXPECT_THAT((*saga)->saga.orders, ElementsAre(Pair(1U, ElementsAre(0U))));
  EXPECT_EQ((*saga)->custom_data, R"({"concurrent":true,"orders":{"1":[0]}})");
}

TEST(TransBody, ReadsTheOldFormWithDataInTheSteps) {
  const auto saga =
      defined(R"({"gid":"g","trans_type":"saga","steps":[{"action":"a","compensate":"c","data":"{\"amount\":30}"}]})");
  ASSERT_TRUE(saga);
  EXPECT_THAT((*saga)->payloads, ElementsAre(R"({"amount":30})"));
}

TEST(TransBody, ReadsAPythonSagaFullOfNulls) {
  const auto saga = defined(
      R"({"gid": "g", "trans_type": "saga", "custom_data": null, "query_prepared": null, "protocol": null, )"
      R"("passthrough_headers": [], "branch_headers": {}, "request_timeout": 8, "wait_result": null, "steps": null})");
  ASSERT_TRUE(saga);
  EXPECT_EQ((*saga)->options.request_timeout, std::chrono::seconds{8});
  EXPECT_THAT((*saga)->steps, IsEmpty());
}

TEST(TransBody, ReadsEveryOption) {
  const trans_body body =
      parsed(R"({"wait_result":true,"timeout_to_fail":1,"request_timeout":2,"retry_interval":3,)"
             R"("branch_headers":{"a":"b","C":"D"},"concurrent":true,"retry_limit":4,"retry_count":5,)"
             R"("query_prepared":"q","rollback_reason":"r","protocol":"grpc"})");
  EXPECT_TRUE(body.options.wait_result);
  EXPECT_TRUE(body.options.concurrent);
  EXPECT_EQ(body.options.timeout_to_fail.count(), 1);
  EXPECT_EQ(body.options.request_timeout.count(), 2);
  EXPECT_EQ(body.options.retry_interval.count(), 3);
  EXPECT_EQ(body.options.retry_limit, 4);
  EXPECT_EQ(body.options.retry_count, 5);
  EXPECT_THAT(body.options.branch_headers, ElementsAre(Pair("C", "D"), Pair("a", "b")));
  EXPECT_EQ(body.query_prepared, "q");
  EXPECT_EQ(body.rollback_reason, "r");
  EXPECT_EQ(body.protocol, "grpc");
}

TEST(TransBody, MatchesNamesWithoutRegardToCaseAndTheLastOneCounts) {
  EXPECT_EQ(parsed(R"({"GID":"a","Gid":"b"})").gid.value, "b");
  EXPECT_EQ(parsed(R"({"gid":"a","gid":null})").gid.value, "a") << "null is absent";
  EXPECT_EQ(parsed(R"({"Steps":[{"action":"x"}]})").steps.size(), 1U);
}

TEST(TransBody, IgnoresUnknownFieldsAndThoseOfTheStoredRecord) {
  EXPECT_EQ(parsed(R"({"gid":"g","subType":"saga","status":7,"options":{},"id":"x","create_time":0,)"
                   R"("next_cron_interval":"5","passthrough_headers":["a"],"deep":[[{"a":[1]}]]})")
                .gid.value,
            "g");
}

// Go looks at a number where somebody asks for it only.
TEST(TransBody, IgnoresNumbersThatNothingCanHoldInUnknownFields) {
  EXPECT_EQ(
      parsed(R"({"big":123456789012345678901234567890,"low":-9223372036854775809,"real":1e400,"gid":"g"})").gid.value,
      "g");
  EXPECT_EQ(parsed(R"({"gid":"99999999999999999999","x":[[-99999999999999999999.5e+400,1]]})").gid.value,
            "99999999999999999999");
  EXPECT_EQ(refused(R"({"retry_limit":99999999999999999999})"), "field 'retry_limit' must be a whole number");
  for (const char* const no_number : {"099999999999999999999", "99999999999999999999.", "1e", "-", "1e400e1", "+1e400"})
    EXPECT_THAT(refused(std::string{R"({"gid":"g","x":)"} + no_number + "}"), HasSubstr("invalid JSON")) << no_number;
}

// JavaScript writes them when it cuts a text in the midst of a character.
TEST(TransBody, ReadsHalfACharacterAsGoDoes) {
  const std::string unknown = "\xEF\xBF\xBD";
  EXPECT_EQ(parsed(R"({"gid":"a\ud83d"})").gid.value, "a" + unknown);
  EXPECT_EQ(parsed(R"({"gid":"\ud83dz\uDE00"})").gid.value, unknown + "z" + unknown);
  EXPECT_EQ(parsed(R"({"gid":"\ud83d\ud83d\ude00"})").gid.value, unknown + "\xF0\x9F\x98\x80");
  EXPECT_EQ(parsed(R"({"gid":"\\ud83d\"\ud83d"})").gid.value, "\\ud83d\"" + unknown);
  EXPECT_THAT(refused(R"({"gid":"\ud83d\u12"})"), HasSubstr("invalid JSON"));
  EXPECT_THAT(refused(R"({"gid":"\ud83d)"), HasSubstr("invalid JSON"));
}

TEST(TransBody, StripsWhatCouldSplitALine) {
  EXPECT_EQ(parsed(R"({"gid":"g;x\r\nz"})").gid.value, "gxz");
}

// An empty PHP array arrives as a list.
TEST(TransBody, AcceptsAnEmptyListForTheHeaders) {
  EXPECT_THAT(parsed(R"({"branch_headers":[]})").options.branch_headers, IsEmpty());
  EXPECT_EQ(refused(R"({"branch_headers":["a"]})"), "field 'branch_headers' must be an object, not an array");
}

TEST(TransBody, PutsStepDataBehindThePayloads) {
  EXPECT_THAT(parsed(R"({"payloads":["p"],"steps":[{"data":"a"},{"data":""},{"data":"b"}]})").payloads,
              ElementsAre("p", "a", "b"));
}

TEST(TransBody, NamesTheFieldThatHasTheWrongType) {
  EXPECT_EQ(refused(R"({"gid":5})"), "field 'gid' must be a string, not a number");
  EXPECT_EQ(refused(R"({"GID":[]})"), "field 'gid' must be a string, not an array");
  EXPECT_EQ(refused(R"({"wait_result":"true"})"), "field 'wait_result' must be a boolean, not a string");
  EXPECT_EQ(refused(R"({"retry_limit":"3"})"), "field 'retry_limit' must be a number, not a string");
  EXPECT_EQ(refused(R"({"timeout_to_fail":1.5})"), "field 'timeout_to_fail' must be a whole number");
  EXPECT_EQ(refused(R"({"payloads":[{"amount":30}]})"), "field 'payloads[]' must be a string, not an object");
  EXPECT_EQ(refused(R"({"payloads":"x"})"), "field 'payloads' must be an array, not a string");
  EXPECT_EQ(refused(R"({"steps":{}})"), "field 'steps' must be an array, not an object");
  EXPECT_EQ(refused(R"({"steps":["a"]})"), "field 'steps[]' must be an object, not a string");
  EXPECT_EQ(refused(R"({"steps":[{"action":1}]})"), "field 'steps[].action' must be a string, not a number");
  EXPECT_EQ(refused(R"({"branch_headers":{"a":1}})"), "field 'branch_headers{}' must be a string, not a number");
  EXPECT_EQ(refused(R"({"custom_data":{"concurrent":true}})"), "field 'custom_data' must be a string, not an object");
}

TEST(TransBody, RefusesNegativeNumbersAndCutsSpansThatMeanNever) {
  EXPECT_EQ(refused(R"({"timeout_to_fail":-1})"), "field 'timeout_to_fail' must not be negative");
  EXPECT_EQ(refused(R"({"retry_limit":-9223372036854775808})"), "field 'retry_limit' must not be negative");
  EXPECT_EQ(parsed(R"({"timeout_to_fail":9223372036854775807})").options.timeout_to_fail, span_max);
  EXPECT_EQ(parsed(R"({"retry_limit":18446744073709551615})").options.retry_limit, 9223372036854775807LL);
}

TEST(TransBody, SaysWhatIsWrongWithTextThatIsNoJson) {
  EXPECT_EQ(refused(""), "unexpected end of JSON input");
  EXPECT_EQ(refused(" \n"), "unexpected end of JSON input");
  EXPECT_EQ(refused("hello"), "invalid character 'h' looking for beginning of value");
  EXPECT_THAT(refused("nope"), HasSubstr("invalid JSON"));
  EXPECT_THAT(refused(R"({"gid":"g")"), HasSubstr("invalid JSON"));
  EXPECT_THAT(refused(R"({"gid":"g"} x)"), HasSubstr("invalid JSON"));
  EXPECT_THAT(refused("{\"gid\":\"\xFF\"}"), HasSubstr("invalid JSON"));
  EXPECT_EQ(refused("[]"), "the body must be a JSON object");
  EXPECT_EQ(refused("5"), "the body must be a JSON object");
  EXPECT_THAT(refused(std::string(100'000, '[')), HasSubstr("invalid JSON"));
}

TEST(Definition, NeedsAGidThatCanBeStored) {
  EXPECT_EQ(not_defined(R"({"trans_type":"saga"})"), "key required");
  EXPECT_EQ(not_defined("null"), "key required");
  EXPECT_TRUE(defined(R"({"trans_type":"saga","gid":")" + std::string(128, 'g') + "\"}"));
  EXPECT_EQ(not_defined(R"({"trans_type":"saga","gid":")" + std::string(10'000, 'g') + "\"}"),
            "gid has 10000 bytes, at most 128 are possible");
}

// Else the client hears success, and every round fails from then on.
TEST(Definition, RefusesCallsThatNobodyCanMake) {
  const auto with_url = [](const std::string& url) {
    return R"({"trans_type":"saga","gid":"g","payloads":["",""],"steps":[{"action":"http://h/ok"},{"compensate":")" +
           url + "\"}]}";
  };
  EXPECT_EQ(not_defined(with_url("http://h:99999/")),
            "bad url: 'http://h:99999/'. the port is not a number from 1 to 65535");
  EXPECT_EQ(not_defined(with_url("https://a b/")), "bad url: 'https://a b/'. no host");
  EXPECT_EQ(not_defined(with_url("http://me:secret@h:0/")).find("secret"), std::string::npos);
  EXPECT_THAT(not_defined(R"({"trans_type":"msg","gid":"g","query_prepared":"http:///"})"), HasSubstr("no host"));
  EXPECT_EQ(not_defined(R"({"trans_type":"tcc","gid":"g","branch_headers":{"a b":"x"}})"),
            "invalid header field name 'a b' in branch_headers");
  EXPECT_EQ(not_defined(R"({"trans_type":"tcc","gid":"g","branch_headers":{"a":"x\ny"}})"),
            "invalid header field value for 'a' in branch_headers");
  EXPECT_TRUE(defined(R"({"trans_type":"tcc","gid":"g","branch_headers":{"a-bin":"\u0001"}})"));
  for (const char* const url :
       {"", "h:99999/pkg.S/M", "consul://a b/x", "topic://t", "http://u:p@h/@", "http://[::1]:80", "no url"})
    EXPECT_TRUE(defined(with_url(url))) << url;
}

TEST(Definition, RefusesUnknownTypes) {
  const auto unknown = defined(R"({"gid":"g","trans_type":"bad"})");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error(), (failure{errc::invalid_argument, "unknow trans type: bad"}));
  EXPECT_EQ(not_defined(R"({"gid":"g"})"), "unknow trans type: ");
  EXPECT_EQ(not_defined(R"({"gid":"g","trans_type":"SAGA"})"), "unknow trans type: SAGA");
}

// Branches of tcc, xa and workflow are registered; steps mean nothing there, as in DTM.
TEST(Definition, TakesStepsOnlyWhereTheyAreCalled) {
  for (const char* type : {"tcc", "xa", "workflow"}) {
    const auto made = defined(R"({"gid":"g","steps":[{"action":"a"}],"trans_type":")" + std::string{type} + "\"}");
    ASSERT_TRUE(made) << type;
    EXPECT_THAT((*made)->steps, IsEmpty());
    EXPECT_EQ(to_string((*made)->type), type);
  }
  EXPECT_EQ(not_defined(R"({"gid":"g","trans_type":"msg","steps":[{"action":"a"}]})"), "step 1 of 1 has no payload");
}

TEST(Definition, NeedsAPayloadForEachStepAndDropsTheOthers) {
  EXPECT_EQ(not_defined(R"({"gid":"g","trans_type":"saga","steps":[{"action":"a"},{"action":"b"}],"payloads":["1"]})"),
            "step 2 of 2 has no payload");
  const auto saga = defined(R"({"gid":"g","trans_type":"saga","steps":[{"action":"a"}],"payloads":["1","2"]})");
  ASSERT_TRUE(saga);
  EXPECT_THAT((*saga)->payloads, ElementsAre("1"));
}

TEST(Definition, BoundsTheNumberOfSteps) {
  std::string steps = "{}";
  for (std::size_t i = 0; i < steps_max; ++i) steps += ",{}";
  EXPECT_EQ(refused(R"({"steps":[)" + steps + "]}"), "more than 10000 steps");
}

TEST(Definition, KnowsTheProtocols) {
  const auto grpc = defined(R"({"gid":"g","trans_type":"saga","protocol":"grpc"})");
  ASSERT_TRUE(grpc);
  EXPECT_EQ((*grpc)->protocol, branch_protocol::grpc);
  EXPECT_EQ(not_defined(R"({"gid":"g","trans_type":"saga","protocol":"smtp"})"), "unknown protocol: smtp");
}

// gRPC requests carry the steps as JSON text.
TEST(Steps, AreReadFromTextOfTheirOwn) {
  trans_body body;
  EXPECT_TRUE(parse_steps("", body));
  EXPECT_TRUE(parse_steps("null", body));
  EXPECT_THAT(body.steps, IsEmpty());
  EXPECT_TRUE(parse_steps(R"([{"action":"a","compensate":"c"}])", body));
  EXPECT_THAT(body.steps, ElementsAre(step{"a", "c"}));
  EXPECT_FALSE(parse_steps("{}", body));
}

}  // namespace
}  // namespace treaty
