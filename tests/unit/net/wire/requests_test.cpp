#include "net/wire/requests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace treaty {
namespace {

using ::testing::HasSubstr;

result<event> asked(make_event make, std::string_view json) {
  auto body = parse_trans_body(json);
  if (!body) return body.error();
  return make(*std::move(body));
}

std::string refused(make_event make, std::string_view json) {
  const auto what = asked(make, json);
  EXPECT_FALSE(what) << json;
  return what ? std::string{} : what.error().detail;
}

std::string workflow(const std::string& custom_data) {
  return R"({"gid":"w","trans_type":"workflow","custom_data":)" + custom_data + "}";
}

TEST(Requests, PrepareReadsAWorkflowsNameAndData) {
  const auto what = asked(prepare_workflow_event, workflow(R"("{\"data\":\"eyJhIjoxfQ==\",\"name\":\"wfn\"}")"));
  ASSERT_TRUE(what);
  const auto& definition = std::get<prepare_requested>(*what).definition;
  EXPECT_EQ(definition->workflow.name, "wfn");
  EXPECT_EQ(definition->workflow.data, R"({"a":1})");
  EXPECT_EQ(definition->custom_data, R"({"data":"eyJhIjoxfQ==","name":"wfn"})") << "kept byte for byte";
  EXPECT_TRUE(asked(prepare_event, workflow(R"("{\"data\":null,\"name\":\"wfn\"}")")));
}

// What could never be called back is refused before it is stored.
TEST(Requests, PrepareRefusesAWorkflowThatCouldNotBeCalledBack) {
  EXPECT_THAT(refused(prepare_workflow_event, R"({"gid":"w","trans_type":"workflow"})"), HasSubstr("custom_data"));
  EXPECT_THAT(refused(prepare_workflow_event, workflow(R"("")")), HasSubstr("custom_data"));
  EXPECT_THAT(refused(prepare_event, workflow(R"("[]")")), HasSubstr("it must be a JSON object"));
  EXPECT_THAT(refused(prepare_event, workflow(R"("{\"data\":\"eyI=\"}")")), HasSubstr("it has no name"));
  EXPECT_THAT(refused(prepare_event, workflow(R"("{\"name\":\"n\",\"data\":\"%\"}")")), HasSubstr("no base64"));
  EXPECT_THAT(refused(prepare_event, workflow(R"("{\"name\":\"n\",\"data\":5}")")), HasSubstr("must be a string"));
  EXPECT_THAT(refused(prepare_event, workflow(R"("oops")")), HasSubstr("not usable"));
  EXPECT_THAT(refused(prepare_workflow_event, R"({"gid":"w","trans_type":"saga"})"), HasSubstr("not saga"));
  EXPECT_EQ(refused(prepare_workflow_event, R"({"gid":"w","trans_type":"x"})"), "unknow trans type: x");
}

TEST(Requests, SubmitReadsHowAWorkflowEnded) {
  const auto what = asked(submit_event, R"({"gid":"w","trans_type":"workflow","custom_data":"whatever",)"
                                        R"("req_extra":{"status":"failed","rollback_reason":"r","result":"cmVz"}})");
  ASSERT_TRUE(what);
  const auto& end = std::get<submit_requested>(*what).end;
  ASSERT_TRUE(end);
  EXPECT_EQ(end->status, txn_status::failed);
  EXPECT_EQ(end->rollback_reason, "r");
  EXPECT_EQ(end->result, "cmVz");
}

TEST(Requests, SubmitRefusesAWorkflowsEndThatIsNone) {
  for (const std::string extra :
       {"{}", R"({"status":""})", R"({"status":"prepared"})", R"({"status":"done"})", "null"}) {
    EXPECT_THAT(refused(submit_event, R"({"gid":"w","trans_type":"workflow","req_extra":)" + extra + "}"),
                HasSubstr("req_extra.status must be succeed or failed"));
  }
  EXPECT_THAT(refused(submit_event, R"({"gid":"w","trans_type":"workflow"})"), HasSubstr("req_extra.status"));
  EXPECT_EQ(refused(submit_event, R"({"gid":"w","trans_type":"workflow","req_extra":{"status":1}})"),
            "field 'req_extra{}' must be a string, not a number");
}

TEST(Requests, MessageMayBeDelayed) {
  const auto delay = [](const std::string& custom_data) {
    const auto what = asked(submit_event, R"({"gid":"m","trans_type":"msg","custom_data":")" + custom_data + "\"}");
    return what ? std::get<submit_requested>(*what).definition->delay.count() : -1;
  };
  EXPECT_EQ(delay(R"({\"delay\":10})"), 10);
  EXPECT_EQ(delay(""), 0);
  EXPECT_EQ(delay("null"), 0);
  EXPECT_EQ(delay("{}"), 0);
  EXPECT_EQ(delay(R"({\"delay\":18446744073709551615})"), span_max.count());
  for (const char* bad : {"x", "[]", R"({\"delay\":-1})", R"({\"delay\":\"5\"})", R"({\"delay\":1.5})"}) {
    EXPECT_EQ(delay(bad), -1) << bad;
  }
  EXPECT_EQ(refused(submit_event, R"({"gid":"m","trans_type":"msg","custom_data":"{\"delay\":\"5\"}"})"),
            "custom_data of a msg is not usable: field 'delay' must be a number, not a string");
}

TEST(Requests, AbortTakesAnyTypeAndTheReason) {
  const auto what = asked(abort_event, R"({"gid":"g","trans_type":"xa","rollback_reason":"r"})");
  ASSERT_TRUE(what);
  EXPECT_EQ(std::get<abort_requested>(*what).type, trans_type::xa);
  EXPECT_EQ(std::get<abort_requested>(*what).reason, "r");
  EXPECT_TRUE(asked(abort_event, R"({"gid":"g"})"));
}

}  // namespace
}  // namespace treaty
