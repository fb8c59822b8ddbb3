#include <gmock/gmock.h>

#include <algorithm>

#include "tests/wire/raw_coordinator.hpp"

// The vectors of docs/protocol.md for tcc, xa, messages, workflows and JSON-RPC, byte for byte, against the real
// binary.
namespace treaty::wire_test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class RawModes : public raw_coordinator {
protected:
  static void expect(const kit::http_answer& answer, int status, const std::string& body) {
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.body, body);
    EXPECT_EQ(answer.content_type, json_type);
  }
  static std::string refusal(const std::string& message) {
    return R"({"dtm_result":"FAILURE","message":")" + message + R"("})";
  }
  static std::string retried(const std::string& cause) {
    return R"(your http/grpc result should be specified as in:\nhttp://d.dtm.pub/practice/arch.html#proto\n)"
           R"(unkown result will be retried: )" +
           cause;
  }
  static std::string reason_of(const std::string& gid) {
    return query(gid)["transaction"].value("rollback_reason", "");
  }
  static std::vector<std::string> lines_of(const std::string& gid) {
    std::vector<std::string> lines;
    for (const auto& call : service().ledger_of(gid)) lines.push_back(call.message.start_line);
    return lines;
  }
  static bool is_called(const std::string& gid, std::size_t times) {
    return service().wait_for(gid, [&](const auto& calls) { return calls.size() >= times; });
  }
  static void prepare(const std::string& gid, const std::string& type, const std::string& more = {}) {
    expect(post("prepare", R"({"gid":")" + gid + R"(","trans_type":")" + type + "\"" + more + "}"), 200, success);
  }
  static std::string tcc_branch(const std::string& gid, const std::string& id, const std::string& confirm,
                                const std::string& cancel) {
    return R"({"gid":")" + gid + R"(","trans_type":"tcc","branch_id":")" + id + R"(","data":"{\"n\":1}","confirm":")" +
           url(confirm) + R"(","cancel":")" + url(cancel) + R"("})";
  }
  static std::string end_of(const std::string& gid, const std::string& type) {
    return R"({"gid":")" + gid + R"(","trans_type":")" + type + R"("})";
  }
  void SetUp() override {
    service().on("/x", kit::scripted_reply{.status = 409, .body = "x"});
    service().on("/ongoing", kit::scripted_reply{.status = 425, .body = ""});
    service().on("/boom", kit::scripted_reply{.status = 500, .body = "boom"});
  }
};

// Vectors 12 to 16.
TEST_F(RawModes, TccConfirmsFromTheLastBranchToTheFirst) {
  prepare("t1", "tcc");
  expect(post("registerBranch", tcc_branch("t1", "01", "/confirm1", "/cancel1")), 200, success);
  expect(post("registerBranch", tcc_branch("t1", "01", "/confirm1", "/cancel1")), 500,
         R"({"message":"storage: UniqueKeyConflict"})");
  expect(post("registerTccBranch", tcc_branch("t1", "02", "/confirm2", "/cancel2")), 200, success);
  expect(post("registerTccBranch", tcc_branch("t1", "03", "", "")), 200, success);
  EXPECT_EQ(rows_of("t1"), "PPPPPP");
  EXPECT_EQ(query("t1")["branches"][0]["op"], "cancel");
  EXPECT_EQ(query("t1")["branches"][1]["op"], "confirm");
  EXPECT_EQ(query("t1")["branches"][1]["bin_data"], "eyJuIjoxfQ==");
  expect(post("submit", end_of("t1", "tcc")), 200, success);
  ASSERT_TRUE(ends_as("t1", "succeed"));
  EXPECT_EQ(service().story_of("t1"), "confirm 02, confirm 01");
  EXPECT_EQ(lines_of("t1").back(), "POST /confirm1?branch_id=01&gid=t1&op=confirm&trans_type=tcc HTTP/1.1");
  EXPECT_EQ(service().ledger_of("t1").back().message.body, R"({"n":1})");
  EXPECT_EQ(rows_of("t1"), "PSPSPS");
  expect(post("registerBranch", tcc_branch("t1", "04", "/c", "/c")), 409,
         refusal("no trans with gid: t1 status: prepared found FAILURE"));
  expect(post("submit", end_of("t1", "tcc")), 409, refusal("current status 'succeed', cannot sumbmit. FAILURE"));
}

// Vector 17: malformed registrations are 400 in plain text; others are told as everywhere.
TEST_F(RawModes, BadRegistrationsStoreNothing) {
  const auto malformed = post("registerBranch", "hello");
  EXPECT_EQ(malformed.status, 400);
  EXPECT_EQ(malformed.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(malformed.body, R"({"message":"invalid character 'h' looking for beginning of value"})");
  prepare("t17", "tcc");
  EXPECT_EQ(post("registerBranch", R"({"gid":"t17","trans_type":"tcc","branch_id":1})").status, 400);
  expect(post("registerBranch", R"({"gid":"t17","trans_type":"bad","branch_id":"01"})"), 500,
         R"({"message":"unknow trans type: bad"})");
  expect(post("registerBranch", R"({"gid":"zz","trans_type":"tcc","branch_id":"01"})"), 409,
         refusal("no trans with gid: zz status: prepared found FAILURE"));
  EXPECT_EQ(post("registerBranch", R"({"gid":"t17","trans_type":"xa","branch_id":"01"})").status, 500);
  EXPECT_EQ(rows_of("t17"), "");
}

// Vector 18: an abort waits when the prepare said so.
TEST_F(RawModes, WaitingAbortTellsThatACancelIsOngoing) {
  service().on("/cancel18", kit::scripted_reply{.status = 425, .body = ""});
  prepare("t2", "tcc", R"(,"wait_result":true)");
  expect(post("registerBranch", tcc_branch("t2", "01", "/confirm", "/cancel18")), 200, success);
  const std::string abort = R"({"gid":"t2","trans_type":"tcc","rollback_reason":"try failed"})";
  expect(post("abort", abort), 425, R"({"dtm_result":"ONGOING","message":"ONGOING"})");
  EXPECT_EQ(status_of("t2"), "aborting");
  EXPECT_EQ(reason_of("t2"), "try failed");
  expect(post("submit", end_of("t2", "tcc")), 409, refusal("current status 'aborting', cannot sumbmit. FAILURE"));
  service().on("/cancel18", kit::scripted_reply{});
  const auto again = post("abort", abort);
  if (again.status == 200) {  // a retry of its own may have ended it before
    EXPECT_EQ(again.body, success);
  }
  ASSERT_TRUE(ends_as("t2", "failed"));
  EXPECT_EQ(rows_of("t2"), "SP");
}

// Vector 19: a refused confirm is repeated, and never turns into a rollback.
TEST_F(RawModes, RefusedConfirmIsToldToAWaitingSubmitAndRepeated) {
  service().on("/confirm19", kit::scripted_reply{.status = 409, .body = "x"});
  prepare("t19", "tcc");
  expect(post("registerBranch", tcc_branch("t19", "01", "/confirm19", "/cancel")), 200, success);
  expect(post("submit", R"({"gid":"t19","trans_type":"tcc","wait_result":true})"), 409, refusal(retried("x FAILURE")));
  EXPECT_EQ(status_of("t19"), "submitted");
  expect(post("abort", end_of("t19", "tcc")), 409,
         refusal("trans type: 'tcc' current status 'submitted', cannot abort. FAILURE"));
  service().on("/confirm19", kit::scripted_reply{});
  ASSERT_TRUE(ends_as("t19", "succeed"));
}

// DTM ends such a transaction without a confirm; Treaty must not.
TEST_F(RawModes, SecondSubmitOfATccSkipsNoConfirm) {
  service().on("/confirm-q1", kit::scripted_reply{.status = 500, .body = "down"});
  prepare("tq1", "tcc");
  expect(post("registerBranch", tcc_branch("tq1", "01", "/confirm-q1", "/cancel")), 200, success);
  expect(post("submit", end_of("tq1", "tcc")), 200, success);
  expect(post("submit", end_of("tq1", "tcc")), 200, success);
  ASSERT_TRUE(is_called("tq1", 2));
  EXPECT_EQ(status_of("tq1"), "submitted");
  service().on("/confirm-q1", kit::scripted_reply{});
  ASSERT_TRUE(ends_as("tq1", "succeed"));
  EXPECT_EQ(rows_of("tq1"), "PS");
}

// Vector 20.
TEST_F(RawModes, XaCommitsAndRollsBackAtOneUrlWithoutABody) {
  for (const std::string gid : {"x1", "x2"}) {
    prepare(gid, "xa");
    for (const std::string id : {"01", "02"}) {
      expect(post("registerXaBranch", R"({"gid":")" + gid + R"(","trans_type":"xa","branch_id":")" + id +
                                          R"(","url":")" + url("/xa" + id) + R"("})"),
             200, success);
    }
  }
  EXPECT_EQ(query("x1")["branches"][0]["op"], "rollback");
  expect(post("submit", end_of("x1", "xa")), 200, success);
  ASSERT_TRUE(ends_as("x1", "succeed"));
  EXPECT_EQ(service().story_of("x1"), "commit 01, commit 02");
  EXPECT_EQ(lines_of("x1").front(), "POST /xa01?branch_id=01&gid=x1&op=commit&trans_type=xa HTTP/1.1");
  EXPECT_EQ(service().ledger_of("x1").front().message.body, "");
  EXPECT_EQ(rows_of("x1"), "PSPS");
  expect(post("abort", end_of("x2", "xa")), 200, success);
  ASSERT_TRUE(ends_as("x2", "failed"));
  EXPECT_EQ(service().story_of("x2"), "rollback 01, rollback 02");
  EXPECT_EQ(rows_of("x2"), "SPSP");
}

// Vectors 4 to 7.
TEST_F(RawModes, MessageIsPreparedAndThenDelivered) {
  const std::string body = R"({"gid":"m1","trans_type":"msg","steps":[{"action":")" + url("/a1") + R"("},{"action":")" +
                           url("/a2") + R"("}],"payloads":["{\"n\":1}","{\"n\":2}"],"query_prepared":")" + url("/qp") +
                           R"("})";
  expect(post("prepare", body), 200, success);
  expect(post("prepare", end_of("m1", "msg")), 200, success);
  EXPECT_EQ(rows_of("m1"), "PP");
  expect(post("submit", body), 200, success);
  ASSERT_TRUE(ends_as("m1", "succeed"));
  EXPECT_THAT(lines_of("m1"), testing::ElementsAre("POST /a1?branch_id=01&gid=m1&op=action&trans_type=msg HTTP/1.1",
                                                   "POST /a2?branch_id=02&gid=m1&op=action&trans_type=msg HTTP/1.1"));
  EXPECT_EQ(rows_of("m1"), "SS");
  expect(post("prepare", body), 409, refusal("current status 'succeed', cannot prepare. FAILURE"));
  expect(post("abort", end_of("m1", "msg")), 409,
         refusal("trans type: 'msg' current status 'succeed', cannot abort. FAILURE"));
}

// Vector 21.
TEST_F(RawModes, EmptyPayloadIsAGet) {
  expect(post("submit", R"({"gid":"m6","trans_type":"msg","steps":[{"action":")" + url("/a1") +
                            R"("}],"payloads":[""],"wait_result":true})"),
         200, success);
  EXPECT_THAT(lines_of("m6"), testing::ElementsAre("GET /a1?branch_id=01&gid=m6&op=action&trans_type=msg HTTP/1.1"));
}

// Vector 22.
TEST_F(RawModes, DelayedMessageIsNotDeliveredBeforeItsTime) {
  const auto before = kit::steady::now();
  expect(post("submit", R"({"gid":"m7","trans_type":"msg","custom_data":"{\"delay\":2}","steps":[{"action":")" +
                            url("/a1") + R"("}],"payloads":["1"]})"),
         200, success);
  expect(post("resetNextCronTime", R"({"gid":"m7"})"), 200, success);
  ASSERT_TRUE(ends_as("m7", "succeed"));
  EXPECT_GE(kit::steady::now() - before, 2s);
  EXPECT_EQ(lines_of("m7").size(), 1u);
}

TEST_F(RawModes, MessageThatIsAbortedIsNeverDelivered) {
  prepare("m8", "msg", R"(,"steps":[{"action":")" + url("/a1") + R"("}],"payloads":["1"])");
  expect(post("abort", R"({"gid":"m8","trans_type":"whatever"})"), 200, success);
  EXPECT_EQ(status_of("m8"), "failed");
  EXPECT_EQ(rows_of("m8"), "P");
  EXPECT_EQ(service().story_of("m8"), "");
}

TEST_F(RawModes, WaitingMessageHearsWhatItsActionSaid) {
  const auto submit = [](const std::string& gid, const std::string& path) {
    return post("submit", R"({"gid":")" + gid + R"(","trans_type":"msg","wait_result":true,"steps":[{"action":")" +
                              url(path) + R"("}],"payloads":["1"]})");
  };
  expect(submit("m9a", "/x"), 409, refusal(retried("x FAILURE")));
  expect(submit("m9b", "/boom"), 500, R"({"message":")" + retried("boom") + R"("})");
  expect(submit("m9c", "/ongoing"), 409, refusal("wait result not return success: FAILURE"));
  for (const std::string gid : {"m9a", "m9b", "m9c"}) EXPECT_EQ(status_of(gid), "submitted");
}

// Vector 28, and the other answers to the question.
TEST_F(RawModes, SenderOfAPreparedMessageIsAskedWhatBecameOfIt) {
  service().on("/qp-later", kit::scripted_reply{.status = 425, .body = ""});
  const auto silent = [](const std::string& gid, const std::string& asked) {
    prepare(gid, "msg",
            R"(,"timeout_to_fail":1,"steps":[{"action":")" + url("/a1") + R"("}],"payloads":["1"],"query_prepared":")" +
                url(asked) + R"(")");
  };
  silent("mto", "/qp");
  silent("mto-no", "/x");
  silent("mto-later", "/qp-later");
  silent("mto-none", "");
  ASSERT_TRUE(ends_as("mto", "succeed"));
  EXPECT_EQ(lines_of("mto").front(), "GET /qp?branch_id=00&gid=mto&op=msg&trans_type=msg HTTP/1.1");
  EXPECT_EQ(service().story_of("mto"), "msg 00, action 01");
  ASSERT_TRUE(ends_as("mto-no", "failed"));
  EXPECT_EQ(service().story_of("mto-no"), "msg 00");
  ASSERT_TRUE(ends_as("mto-none", "succeed"));
  ASSERT_TRUE(is_called("mto-later", 2)) << "asked again";
  EXPECT_EQ(status_of("mto-later"), "prepared");
  service().on("/qp-later", kit::scripted_reply{});
  ASSERT_TRUE(ends_as("mto-later", "succeed"));
}

// Vector 33, with a time-out of its own.
TEST_F(RawModes, PreparedTccThatIsForgottenIsCancelled) {
  prepare("t33", "tcc", R"(,"timeout_to_fail":1)");
  expect(post("registerBranch", tcc_branch("t33", "01", "/confirm", "/cancel")), 200, success);
  ASSERT_TRUE(ends_as("t33", "failed"));
  EXPECT_EQ(reason_of("t33"), "Timeout after 1 seconds");
  EXPECT_EQ(service().story_of("t33"), "cancel 01");
  EXPECT_EQ(rows_of("t33"), "SP");
}

std::string workflow_body(const std::string& gid, const std::string& data, const std::string& call_back) {
  return R"({"gid":")" + gid + R"(","trans_type":"workflow","custom_data":"{\"data\":)" + data +
         R"(,\"name\":\"wfn\"}","query_prepared":")" + call_back + R"(","protocol":"http","concurrent":false})";
}

// docs/protocol.md, "prepareWorkflow", and vector 26.
TEST_F(RawModes, WorkflowKeepsItsProgressAndItsResult) {
  const std::string body = workflow_body("w1", R"(\"eyJhIjoxfQ==\")", url("/never-called-w1"));
  const auto begun = nlohmann::json::parse(post("prepareWorkflow", body).body);
  EXPECT_EQ(begun["progresses"], nlohmann::json::array());
  EXPECT_EQ(begun["transaction"]["status"], "prepared");
  EXPECT_EQ(begun["transaction"]["custom_data"], R"({"data":"eyJhIjoxfQ==","name":"wfn"})");
  const std::string branch = R"({"gid":"w1","trans_type":"workflow","branch_id":"01","op":"action",)"
                             R"("status":"succeed","data":"resdata"})";
  expect(post("registerBranch", branch), 200, success);
  expect(post("registerBranch", branch), 500, R"({"message":"storage: UniqueKeyConflict"})");
  expect(post("registerBranch", R"({"gid":"w1","trans_type":"workflow","branch_id":"02","op":"mine",)"
                                R"("status":"failed","data":"why"})"),
         200, success);
  const auto resumed = nlohmann::json::parse(post("prepareWorkflow", body).body);
  ASSERT_EQ(resumed["progresses"].size(), 2u);
  EXPECT_EQ(resumed["progresses"][0]["bin_data"], "cmVzZGF0YQ==");
  EXPECT_EQ(resumed["progresses"][0]["branch_id"], "01");
  EXPECT_EQ(resumed["progresses"][0]["op"], "action");
  EXPECT_EQ(resumed["progresses"][0]["status"], "succeed");
  EXPECT_EQ(resumed["progresses"][1]["op"], "mine");
  EXPECT_EQ(resumed["progresses"][1]["status"], "failed");
  expect(post("submit", R"({"gid":"w1","trans_type":"workflow","req_extra":{"status":""}})"), 500,
         R"({"message":"req_extra.status must be succeed or failed, not ''"})");
  EXPECT_EQ(status_of("w1"), "prepared");
  const std::string end = R"({"gid":"w1","trans_type":"workflow",)"
                          R"("req_extra":{"status":"succeed","rollback_reason":"","result":"cmVz"}})";
  expect(post("submit", end), 200, success);
  expect(post("submit", end), 500, R"({"message":"storage: NotFound"})");
  const auto ended = nlohmann::json::parse(post("prepareWorkflow", body).body);
  EXPECT_EQ(ended["transaction"]["status"], "succeed");
  EXPECT_EQ(ended["transaction"]["result"], "cmVz");
  EXPECT_EQ(rows_of("w1"), "SF");
  expect(post("submit", R"({"gid":"w-none","trans_type":"workflow","req_extra":{"status":"succeed"}})"), 500,
         R"({"message":"storage: NotFound"})");
}

// Vector 27.
TEST_F(RawModes, SilentWorkflowIsCalledBack) {
  service().on("/wfcb3", kit::scripted_reply{.status = 500});
  post("prepareWorkflow", workflow_body("w3", R"(\"eyJhIjoxfQ==\")", url("/wfcb3")));
  post("prepareWorkflow", workflow_body("w2", "null", url("/wfcb2")));
  ASSERT_TRUE(is_called("w3", 2));
  EXPECT_EQ(lines_of("w3").front(), "POST /wfcb3?branch_id=00&gid=w3&op=wfn&trans_type=workflow HTTP/1.1");
  EXPECT_EQ(service().ledger_of("w3").front().message.body, R"({"a":1})");
  ASSERT_TRUE(is_called("w2", 1));
  EXPECT_EQ(lines_of("w2").front(), "GET /wfcb2?branch_id=00&gid=w2&op=wfn&trans_type=workflow HTTP/1.1");
  EXPECT_EQ(status_of("w3"), "prepared");
  for (const std::string gid : {"w2", "w3"}) {
    expect(post("submit", R"({"gid":")" + gid + R"(","trans_type":"workflow","req_extra":{"status":"failed"}})"), 200,
           success);
  }
}

TEST_F(RawModes, WorkflowThatCouldNotBeCalledBackIsNotStored) {
  for (const std::string custom : {"", "oops", "[]", R"({\"data\":null})", R"({\"name\":\"n\",\"data\":\"%\"})"}) {
    const auto answer =
        post("prepareWorkflow", R"({"gid":"w-bad","trans_type":"workflow","custom_data":")" + custom + "\"}");
    EXPECT_EQ(answer.status, 500) << custom;
    EXPECT_THAT(answer.body, MatchesRegex(R"(\{"message":".*custom_data.*"\})")) << custom;
  }
  EXPECT_EQ(status_of("w-bad"), "absent");
}

// docs/protocol.md, "JSON-RPC API".
TEST_F(RawModes, JsonRpcRunsATransactionWithItsOwnEnvelopeAndCodes) {
  const auto rpc = [](const std::string& body) { return kit::post(http(), "/api/json-rpc", body); };
  const std::string submit =
      R"({"jsonrpc":"2.0","id":"no-use","method":"submit","params":{"gid":"j1","trans_type":"saga"}})";
  expect(rpc(submit), 200, R"({"error":null,"id":"no-use","jsonrpc":"2.0","result":null})");
  ASSERT_TRUE(ends_as("j1", "succeed"));
  expect(rpc(submit), 200,
         R"({"error":{"code":-32901,"message":"current status 'succeed', cannot sumbmit. FAILURE"},"id":"no-use",)"
         R"("jsonrpc":"2.0","result":{}})");
  expect(rpc(R"({"jsonrpc":"2.0","id":"i","method":"abort","params":{"gid":"none","trans_type":"tcc"}})"), 200,
         R"({"error":{"code":-32603,"message":"no TransGlobal with gid: none found"},"id":"i","jsonrpc":"2.0",)"
         R"("result":null})");
  EXPECT_THAT(rpc(R"({"jsonrpc":"2.0","id":"i","method":"newGid","params":{}})").body,
              MatchesRegex(R"(\{"error":null,"id":"i","jsonrpc":"2.0","result":\{"gid":"[2-9A-Za-z]+"\}\})"));
  EXPECT_EQ(rpc("hello").status, 400);
  const auto tcc = [&](const std::string& method, const std::string& more) {
    expect(rpc(R"({"jsonrpc":"2.0","id":"i","method":")" + method + R"(","params":{"gid":"j2","trans_type":"tcc")" +
               more + "}}"),
           200, R"({"error":null,"id":"i","jsonrpc":"2.0","result":null})");
  };
  tcc("prepare", "");
  tcc("registerBranch",
      R"(,"branch_id":"01","data":"1","confirm":")" + url("/c") + R"(","cancel":")" + url("/u") + "\"");
  tcc("submit", "");
  ASSERT_TRUE(ends_as("j2", "succeed"));
  EXPECT_EQ(service().story_of("j2"), "confirm 01");
}

// Java's and Python's bodies: fields that belong to other objects, and nulls.
TEST_F(RawModes, BodiesOfJavaAndPythonAreTaken) {
  expect(post("prepare",
              R"({"gid":"java1","trans_type":"tcc","subType":"tcc","status":"prepared","passthrough_headers":[]})"),
         200, success);
  expect(post("registerBranch", R"({"gid": "java1", "trans_type": "tcc", "subType": "tcc", "branch_id": "01", )"
                                R"("status": "prepared", "data": "{}", "confirm": ")" +
                                    url("/c") + R"(", "cancel": ")" + url("/u") + R"("})"),
         200, success);
  expect(post("submit", R"({"gid": "java1", "trans_type": "tcc", "custom_data": null, "query_prepared": null, )"
                        R"("protocol": null, "branch_headers": [], "timeout_to_fail": null})"),
         200, success);
  ASSERT_TRUE(ends_as("java1", "succeed"));
}

// What was registered and decided outlives a crash.
TEST_F(RawModes, EveryTypeGoesOnAfterACrash) {
  service().on("/down", kit::scripted_reply{.status = 500});
  prepare("k-tcc", "tcc");
  expect(post("registerBranch", tcc_branch("k-tcc", "01", "/down", "/cancel")), 200, success);
  expect(post("submit", end_of("k-tcc", "tcc")), 200, success);
  expect(post("submit",
              R"({"gid":"k-msg","trans_type":"msg","steps":[{"action":")" + url("/down") + R"("}],"payloads":["1"]})"),
         200, success);
  post("prepareWorkflow", workflow_body("k-wf", R"(\"eyJhIjoxfQ==\")", url("/wf-back")));
  expect(post("registerBranch", R"({"gid":"k-wf","trans_type":"workflow","branch_id":"01","op":"mine",)"
                                R"("status":"succeed","data":"r"})"),
         200, success);
  coordinator().kill();
  service().on("/down", kit::scripted_reply{});
  coordinator().start();
  ASSERT_TRUE(ends_as("k-tcc", "succeed"));
  ASSERT_TRUE(ends_as("k-msg", "succeed"));
  ASSERT_TRUE(is_called("k-wf", 1));
  EXPECT_EQ(service().ledger_of("k-wf").front().message.body, R"({"a":1})");
  EXPECT_EQ(rows_of("k-wf"), "S");
}

}  // namespace
}  // namespace treaty::wire_test
