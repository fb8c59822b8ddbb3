#include <gmock/gmock.h>

#include <algorithm>
#include <array>

#include "tests/wire/raw_coordinator.hpp"

// The bytes of docs/protocol.md, sent to the real binary as a client sends them, and what comes back, byte for byte.
namespace treaty::wire_test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;

class RawSaga : public raw_coordinator {
protected:
  static void expect(const kit::http_answer& answer, int status, const std::string& body) {
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.body, body);
    EXPECT_EQ(answer.content_type, json_type);
  }
  static std::string refusal(const std::string& message) {
    return R"({"dtm_result":"FAILURE","message":")" + message + R"("})";
  }
  /// Waits until the coordinator has taken in the first answer of branch 01.
  static bool has_heard_its_branch(const std::string& gid) {
    return kit::eventually([&] {
      const auto found = query(gid);
      return found["branches"].size() == 2 &&
             found["branches"][1]["update_time"] != found["branches"][1]["create_time"];
    });
  }
  static std::string reason_of(const std::string& gid) {
    return query(gid)["transaction"].value("rollback_reason", "");
  }
  void SetUp() override {
    service().on("/no-money", kit::scripted_reply{.status = 409, .body = "no-money"});
    service().on("/ongoing", kit::scripted_reply{.status = 425, .body = ""});
  }
};

// The body that the Go client sends, and the request that a business service gets for it.
TEST_F(RawSaga, BodyOfTheGoClientBecomesTheBranchCallThatServicesExpect) {
  const std::string a = url("/TransOut");
  const std::string c = url("/TransOutRevert");
  expect(post("submit", R"({"gid":"go1","trans_type":"saga","concurrent":false,"steps":[{"action":")" + a +
                            R"(","compensate":")" + c + R"("}],"payloads":["{\"amount\":30}"],"protocol":"",)" +
                            R"("branch_headers":{"test_header":"hv","X-B":"2"}})"),
         200, success);
  ASSERT_TRUE(ends_as("go1", "succeed"));
  const auto calls = service().ledger_of("go1");
  ASSERT_EQ(calls.size(), 1u);
  const kit::http_message& call = calls[0].message;
  EXPECT_EQ(call.start_line, "POST /TransOut?branch_id=01&gid=go1&op=action&trans_type=saga HTTP/1.1");
  EXPECT_EQ(call.body, R"({"amount":30})");
  EXPECT_EQ(call.header("content-type"), "application/json");
  EXPECT_EQ(call.header("accept"), "application/json");
  EXPECT_EQ(call.header("host"), "127.0.0.1:" + std::to_string(service().port()));
  EXPECT_EQ(call.header("test_header"), "hv");
  EXPECT_EQ(call.header("x-b"), "2");
}

// Clients in other languages read these records field by field; the order and the absence of empty fields are part of
// it.
TEST_F(RawSaga, QueryShowsTheRecordInTheFieldOrderOfTheProtocol) {
  const std::string a = url("/ok1");
  const std::string c = url("/c1");
  expect(post("submit", R"({"gid":"s1","trans_type":"saga","steps":[{"action":")" + a + R"(","compensate":")" + c +
                            R"("}],"payloads":["{\"a\":1}"],"branch_headers":{"X-b":"2","test_header":"hv"}})"),
         200, success);
  ASSERT_TRUE(ends_as("s1", "succeed"));
  const std::string time = R"("[0-9T:.+Z-]+")";
  const std::string port = std::to_string(service().port());
  const std::string row_start =
      R"(\{"id":[0-9]+,"create_time":)" + time + R"(,"update_time":)" + time + R"(,"gid":"s1",)";
  const std::string base = R"("url":"http://127\.0\.0\.1:)" + port;
  const auto answer = get("query?gid=s1");
  EXPECT_EQ(answer.content_type, json_type);
  const std::size_t transaction = answer.body.find(R"(,"transaction":)");
  ASSERT_NE(transaction, std::string::npos) << answer.body;
  EXPECT_THAT(
      answer.body.substr(0, transaction),
      MatchesRegex(R"(\{"branches":\[)" + row_start + base +
                   R"(/c1","bin_data":"eyJhIjoxfQ==","branch_id":"01","op":"compensate","status":"prepared"\},)" +
                   row_start + base +
                   R"(/ok1","bin_data":"eyJhIjoxfQ==","branch_id":"01","op":"action","status":"succeed",)" +
                   R"("finish_time":)" + time + R"(\}\])"));
  EXPECT_THAT(answer.body.substr(transaction),
              MatchesRegex(R"(,"transaction":\{"id":[0-9]+,"create_time":)" + time + R"(,"update_time":)" + time +
                           R"(,"gid":"s1","trans_type":"saga",("steps":\[.*\],"payloads":\["\{\\"a\\":1\}"\],)?)" +
                           R"("status":"succeed","protocol":"http","finish_time":)" + time +
                           R"(,"options":"\{\\"branch_headers\\":\{\\"X-b\\":\\"2\\",\\"test_header\\":\\"hv\\"\},)" +
                           R"(\\"concurrent\\":false\}","next_cron_interval":[0-9]+,"next_cron_time":)" + time +
                           R"(,"branch_headers":\{"X-b":"2","test_header":"hv"\},"concurrent":false\}\})"));
}

TEST_F(RawSaga, RefusedBranchRollsBackAndTheWaitingClientHearsWhy) {
  expect(post("submit", saga("r8", {{"/ok", "/undo"}, {"/no-money", "/undo"}}, R"("wait_result":true)")), 409,
         refusal("url:" + url("/no-money") + " return failed: no-money FAILURE"));
  EXPECT_EQ(service().story_of("r8"), "action 01, action 02, compensate 02, compensate 01");
  EXPECT_EQ(rows_of("r8"), "SSSF");
  EXPECT_EQ(status_of("r8"), "failed");
}

// Old services answer 200 and say in the body what they mean.
TEST_F(RawSaga, MarkerWordInTheBodyDecidesWhateverTheStatus) {
  service().on("/says-failure", kit::scripted_reply{.body = R"({"dtm_result":"FAILURE"})"});
  service().on("/500-failure", kit::scripted_reply{.status = 500, .body = "x FAILURE"});
  expect(post("submit", saga("r9", {{"/ok", "/undo"}, {"/says-failure", "/undo"}}, R"("wait_result":true)")), 409,
         refusal("url:" + url("/says-failure") + R"( return failed: {\"dtm_result\":\"FAILURE\"} FAILURE)"));
  expect(post("submit", saga("r9b", {{"/500-failure", "/undo"}}, R"("wait_result":true)")), 409,
         refusal("url:" + url("/500-failure") + " return failed: x FAILURE"));
}

struct indefinite {
  const char* name;
  kit::scripted_reply reply;
};
void PrintTo(const indefinite& one, std::ostream* out) {
  *out << one.name;
}
class RawSagaIndefinite : public RawSaga, public ::testing::WithParamInterface<indefinite> {};

// None of these proves anything about the branch: the saga goes on, and a waiting client hears that it is not done.
TEST_P(RawSagaIndefinite, AnswerLeavesTheSagaSubmitted) {
  const std::string gid = std::string{"r10-"} + GetParam().name;
  service().on("/indefinite", GetParam().reply);
  expect(post("submit", saga(gid, {{"/ok", "/undo"}, {"/indefinite", "/undo"}}, R"("wait_result":true)")), 409,
         refusal("wait result not return success: FAILURE"));
  EXPECT_EQ(status_of(gid), "submitted");
  EXPECT_EQ(rows_of(gid), "PSPP");
  service().on("/indefinite", kit::scripted_reply{});
  EXPECT_TRUE(ends_as(gid, "succeed")) << "it must be tried again";
}
INSTANTIATE_TEST_SUITE_P(Vector10, RawSagaIndefinite,
                         ::testing::Values(indefinite{"425", {.status = 425, .body = ""}},
                                           indefinite{"200ongoing", {.body = "ONGOING"}},
                                           indefinite{"409ongoing", {.status = 409, .body = "ONGOING"}},
                                           indefinite{"500", {.status = 500, .body = "boom"}},
                                           indefinite{"404", {.status = 404, .body = "?"}},
                                           indefinite{"201", {.status = 201}},
                                           indefinite{"204", {.status = 204, .body = ""}},
                                           indefinite{"hangup", {.hang_up = true}}, indefinite{"late", {.delay = 3s}}),
                         [](const auto& one) { return std::string{one.param.name}; });

TEST_F(RawSaga, RequestTimeoutOfTheSagaReplacesTheDefault) {
  service().on("/takes-1500ms", kit::scripted_reply{.delay = 1500ms});
  expect(post("submit", saga("r11", {{"/takes-1500ms", ""}}, R"("wait_result":true,"request_timeout":4)")), 200,
         success);
}

TEST_F(RawSaga, RetryLimitTriesAgainAtOnceAndThenRollsBack) {
  expect(post("submit", saga("r31", {{"/ongoing", "/undo"}}, R"("wait_result":true,"retry_limit":2)")), 409,
         refusal("RetryCount is greater than RetryLimit, RetryLimit: 2 FAILURE"));
  EXPECT_EQ(service().story_of("r31"), "action 01, action 01, action 01, compensate 01");
}

TEST_F(RawSaga, TimeoutToFailRollsBackOnlyWhatMayHaveRun) {
  expect(post("submit", saga("r32", {{"/ongoing", "/undo"}, {"/ok", "/undo"}}, R"("timeout_to_fail":2)")), 200,
         success);
  ASSERT_TRUE(ends_as("r32", "failed"));
  EXPECT_EQ(reason_of("r32"), "Timeout after 2 seconds");
  EXPECT_EQ(rows_of("r32"), "SPPP");
}

TEST_F(RawSaga, SecondSubmitIsTakenAndOneAfterTheEndIsRefused) {
  service().on("/twice", kit::scripted_reply{.status = 425, .body = ""});
  const std::string body = saga("r2", {{"/twice", "/undo"}});
  expect(post("submit", body), 200, success);
  expect(post("submit", body), 200, success);
  service().on("/twice", kit::scripted_reply{});
  ASSERT_TRUE(ends_as("r2", "succeed"));
  expect(post("submit", body), 409, refusal("current status 'succeed', cannot sumbmit. FAILURE"));
  expect(post("prepare", body), 409, refusal("current status 'succeed', cannot prepare. FAILURE"));
  expect(post("abort", R"({"gid":"r2","trans_type":"saga"})"), 409,
         refusal("trans type: 'saga' current status 'succeed', cannot abort. FAILURE"));
  expect(post("forceStop", R"({"gid":"r2"})"), 409,
         refusal("global transaction force stop error. status: succeed. error: FAILURE"));
}

TEST_F(RawSaga, PreparedSagaWaitsForItsSubmitAndKeepsItsSteps) {
  const std::string body = saga("p1", {{"/ok", "/undo"}, {"/ok", "/undo"}});
  expect(post("prepare", body), 200, success);
  expect(post("prepare", body), 200, success);
  EXPECT_EQ(status_of("p1"), "prepared");
  EXPECT_EQ(rows_of("p1"), "PPPP");
  expect(post("submit", saga("p1", {{"/other", "/undo"}})), 200, success);
  ASSERT_TRUE(ends_as("p1", "succeed"));
  EXPECT_EQ(rows_of("p1"), "PSPS");
  EXPECT_EQ(service().story_of("p1"), "action 01, action 02");
}

TEST_F(RawSaga, ForceStopEndsItWithoutCompensation) {
  expect(post("submit", saga("f1", {{"/ongoing", "/undo"}})), 200, success);
  expect(post("forceStop", R"({"gid":"f1"})"), 200, success);
  EXPECT_EQ(status_of("f1"), "failed");
  EXPECT_EQ(service().story_of("f1").find("compensate"), std::string::npos);
}

TEST_F(RawSaga, UnknownGidsHaveTheAnswersOfTheProtocol) {
  const std::string unknown = R"({"message":"no TransGlobal with gid: nonex found"})";
  expect(post("forceStop", R"({"gid":"nonex"})"), 500, unknown);
  expect(post("resetNextCronTime", R"({"gid":"nonex"})"), 500, unknown);
  expect(post("abort", R"({"gid":"nonex","trans_type":"saga"})"), 500, unknown);
  expect(get("query?gid=nonex"), 200, R"({"branches":[],"transaction":null})");
  expect(get("query?gid="), 500, R"({"message":"no gid specified"})");
  expect(get("query"), 500, R"({"message":"no gid specified"})");
  expect(get("all?gid=nonex"), 200, R"({"next_position":"","transactions":null})");
}

TEST_F(RawSaga, EmptyPayloadIsAGetWithoutBody) {
  const std::string body = R"({"gid":"e1","trans_type":"saga","steps":[{"action":")" + url("/get-me") +
                           R"(","compensate":""}],"payloads":[""],"wait_result":true})";
  expect(post("submit", body), 200, success);
  const auto calls = service().ledger_of("e1");
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].message.start_line, "GET /get-me?branch_id=01&gid=e1&op=action&trans_type=saga HTTP/1.1");
  EXPECT_EQ(calls[0].message.body, "");
}

TEST_F(RawSaga, EmptyUrlsCountAsDone) {
  expect(post("submit", saga("e2", {{"", ""}, {"/no-money", ""}}, R"("wait_result":true)")), 409,
         refusal("url:" + url("/no-money") + " return failed: no-money FAILURE"));
  EXPECT_EQ(service().story_of("e2"), "action 02");
  EXPECT_EQ(rows_of("e2"), "SSSF");
}

TEST_F(RawSaga, SagaWithoutStepsSucceedsAtOnce) {
  expect(post("submit", R"({"gid":"e3","trans_type":"saga","wait_result":true})"), 200, success);
  EXPECT_EQ(status_of("e3"), "succeed");
}

// Fields in another case, nulls, obsolete and unknown ones, spaces: what clients in five languages send.
TEST_F(RawSaga, BodiesOfOtherClientsAreUnderstood) {
  expect(post("submit", R"({"gid": "py1", "trans_type": "saga", "steps": [{"action": ")" + url("/py") +
                            R"(", "compensate": ""}], "payloads": ["{\"n\": 1}"], "custom_data": null, )" +
                            R"("query_prepared": null, "protocol": null, "passthrough_headers": [], )" +
                            R"("branch_headers": {}, "request_timeout": 8, "wait_result": true, "subType": "saga"})"),
         200, success);
  expect(post("submit", R"({"Gid":"case1","TRANS_TYPE":"saga","Steps":[{"action":")" + url("/cased") +
                            R"(","compensate":""}],"Payloads":["1"],"Wait_Result":true})"),
         200, success);
  EXPECT_EQ(service().story_of("case1"), "action 01");
  expect(post("submit", R"({"gid":"old1","trans_type":"saga","wait_result":true,"steps":[{"action":")" + url("/old") +
                            R"(","compensate":"","data":"{\"amount\":31}"}]})"),
         200, success);
  ASSERT_EQ(service().ledger_of("old1").size(), 1u);
  EXPECT_EQ(service().ledger_of("old1")[0].message.body, R"({"amount":31})");
}

TEST_F(RawSaga, LineEndsAndSemicolonsLeaveTheGid) {
  expect(post("submit", R"({"gid":"g;x\nz\r","trans_type":"saga"})"), 200, success);
  EXPECT_TRUE(ends_as("gxz", "succeed"));
}

TEST_F(RawSaga, ConcurrentSagaHonoursItsOrders) {
  service().on("/first", kit::scripted_reply{.delay = 200ms});
  const std::string more =
      R"("wait_result":true,"concurrent":true,"custom_data":"{\"concurrent\":true,\"orders\":{\"1\":[0]}}")";
  expect(post("submit", saga("c1", {{"/first", ""}, {"/after-first", ""}, {"/free", ""}}, more)), 200, success);
  const std::string story = service().story_of("c1");
  EXPECT_LT(story.find("action 01"), story.find("action 02")) << story;
  EXPECT_LT(story.find("action 03"), story.find("action 02")) << story;
  EXPECT_EQ(rows_of("c1"), "PSPSPS");
}

TEST_F(RawSaga, ConcurrentRollbackLeavesAloneWhatCannotHaveRun) {
  const std::string more =
      R"("wait_result":true,"concurrent":true,"custom_data":"{\"concurrent\":true,\"orders\":{\"1\":[0]}}")";
  EXPECT_EQ(post("submit", saga("c2", {{"/no-money", "/undo"}, {"/ok", "/undo"}}, more)).status, 409);
  EXPECT_EQ(rows_of("c2"), "SFPP");
  EXPECT_EQ(post("submit", saga("c3", {{"/ok", "/undo"}, {"/no-money", "/undo"}}, more)).status, 409);
  EXPECT_EQ(rows_of("c3"), "SSSF");
}

TEST_F(RawSaga, HtmlCharactersAreEscapedInAnswersAsGoDoes) {
  expect(post("submit", R"({"gid":"h1<&>\u00e4","trans_type":"saga"})"), 200, success);
  const auto answer = get("query?gid=h1%3C%26%3E%C3%A4");
  EXPECT_NE(answer.body.find("\"gid\":\"h1\\u003c\\u0026\\u003e\xc3\xa4\""), std::string::npos) << answer.body;
}

TEST_F(RawSaga, GeneralRoutesAnswerAsTheProtocolSays) {
  const auto gid = get("newGid");
  EXPECT_EQ(gid.status, 200);
  EXPECT_EQ(gid.content_type, json_type);
  EXPECT_THAT(gid.body, MatchesRegex(R"(\{"dtm_result":"SUCCESS","gid":"[2-9A-HJ-NP-Za-km-z]{10,22}"\})"));
  EXPECT_NE(gid.body, get("newGid").body);
  EXPECT_THAT(get("version").body, MatchesRegex(R"(\{"version":"[^"]+"\})"));
  for (const char* const method : {"GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
    expect(kit::request(http(), method, "/api/ping"), 200, R"({"msg":"pong"})");
  const auto metrics = kit::get(http(), "/api/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_NE(metrics.body.find("dtm_server_process_total"), std::string::npos);
}

TEST_F(RawSaga, WrongMethodsAndPathsAreNotFound) {
  for (const auto& answer :
       {post("newGid", ""), get("submit"), get("nothing"), kit::get(http(), "/nothing/at/all"), post("query", "{}")}) {
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.body, "404 page not found");
    EXPECT_EQ(answer.content_type, "text/plain");
  }
  const auto moved = get("newGid/");
  EXPECT_EQ(moved.status, 301);
  EXPECT_EQ(moved.message.header("location"), "/api/dtmsvr/newGid");
  EXPECT_EQ(post("submit/", "{}").status, 307);
}

TEST_F(RawSaga, ListPagesThroughEverythingOnce) {
  for (int i = 0; i < 5; ++i) post("submit", R"({"gid":"page)" + std::to_string(i) + R"(","trans_type":"saga"})");
  std::vector<std::string> seen;
  std::string position;
  do {
    const auto page = nlohmann::json::parse(get("all?limit=2&position=" + position).body);
    for (const auto& one : page["transactions"]) seen.push_back(one.value("gid", ""));
    position = page.value("next_position", "");
  } while (!position.empty() && seen.size() < 10'000);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(std::count(seen.begin(), seen.end(), "page" + std::to_string(i)), 1) << "page" << i;
  expect(get("all?limit=x"), 500, R"({"message":"convert to int error: x"})");
  const auto one = nlohmann::json::parse(get("all?gid=page3").body);
  ASSERT_EQ(one["transactions"].size(), 1u);
  EXPECT_EQ(one["transactions"][0]["gid"], "page3");
  const auto some = nlohmann::json::parse(get("all?status=succeed&transType=saga").body);
  EXPECT_FALSE(some["transactions"].empty());
  for (const auto& row : some["transactions"]) EXPECT_EQ(row["status"], "succeed");
}

TEST_F(RawSaga, CronResetsBringASagaForward) {
  service().on("/later", kit::scripted_reply{.status = 425, .body = ""});
  expect(post("submit", saga("k1", {{"/later", ""}}, R"("retry_interval":600)")), 200, success);
  ASSERT_TRUE(has_heard_its_branch("k1"));
  service().on("/later", kit::scripted_reply{});
  expect(post("resetNextCronTime", R"({"gid":"k1"})"), 200, success);
  EXPECT_TRUE(ends_as("k1", "succeed")) << "ten minutes were to pass";

  service().on("/later", kit::scripted_reply{.status = 425, .body = ""});
  expect(post("submit", saga("k2", {{"/later", ""}}, R"("retry_interval":600)")), 200, success);
  ASSERT_TRUE(has_heard_its_branch("k2"));
  service().on("/later", kit::scripted_reply{});
  EXPECT_TRUE(kit::eventually(
      [] { return get("resetCronTime?timeout=60&limit=10").body == R"({"has_remaining":false,"succeed_count":1})"; }));
  EXPECT_TRUE(ends_as("k2", "succeed"));
  EXPECT_EQ(get("resetCronTime?timeout=x").status, 500);
}

TEST_F(RawSaga, KeepAliveConnectionServesManyRequestsEvenPipelined) {
  auto connection = kit::tcp_stream::connect_to(http());
  const std::string one = "GET /api/ping HTTP/1.1\r\nHost: x\r\n\r\n";
  const auto deadline = kit::steady::now() + 10s;
  ASSERT_TRUE(connection.write(one + one + one, deadline));
  std::string buffered;
  for (int i = 0; i < 3; ++i) {
    const auto answer = kit::read_message(connection, buffered, kit::message_kind::response, deadline);
    ASSERT_TRUE(answer.has_value()) << "answer " << i;
    EXPECT_EQ(answer->body, R"({"msg":"pong"})");
  }
}

}  // namespace
}  // namespace treaty::wire_test
