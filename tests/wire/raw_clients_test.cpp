#include <gmock/gmock.h>

#include "tests/kit/tcp.hpp"
#include "tests/wire/raw_coordinator.hpp"

// What the clients of other languages put on the wire, byte for byte, where no registry has the client itself; and what
// they need of the answers (docs/protocol.md, "Things other-language clients rely on").
namespace treaty::wire_test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::AllOf;
using testing::Gt;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The headers of axios, .NET's HttpClient, Guzzle and the Java runtime beside Host and Content-Length.
const std::string node_headers =
    "Accept: application/json, text/plain, */*\r\nContent-Type: application/json;charset=utf-8\r\n"
    "User-Agent: axios/0.21.4\r\nConnection: close\r\n";
const std::string csharp_headers = "Content-Type: application/json\r\ntraceparent: 00-4bf92f35-00f067aa-00\r\n";
const std::string php_headers = "User-Agent: GuzzleHttp/7\r\nContent-Type: application/json\r\n";
const std::string java_headers =
    "Content-Type: application/json\r\nAccept: */*\r\nUser-Agent: Java/17.0.15\r\nConnection: keep-alive\r\n";

class RawClients : public raw_coordinator {
protected:
  /// One request with exactly these headers besides Host and Content-Length.
  static kit::http_answer exchange(const std::string& method, const std::string& target, const std::string& headers,
                                   const std::string& body) {
    const auto deadline = kit::steady::now() + 20s;
    auto connection = kit::tcp_stream::connect_to(http());
    connection.write(method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1:36789\r\n" + headers +
                         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
                     deadline);
    std::string buffered;
    auto message = kit::read_message(connection, buffered, kit::message_kind::response, deadline);
    if (!message) return {};
    return {message->status(), message->body, std::string{message->header("content-type")}, {}};
  }
  static kit::http_answer call(const std::string& operation, const std::string& headers, const std::string& body) {
    return exchange("POST", "/api/dtmsvr/" + operation, headers, body);
  }
  /// Every client takes this for success: the status, the word, and no trace of a failure.
  static void expect_success(const kit::http_answer& answer) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.content_type, json_type);
    EXPECT_EQ(answer.body, success);
  }
  static void expect_failure(const kit::http_answer& answer) {
    EXPECT_EQ(answer.status, 409);
    EXPECT_THAT(answer.body, HasSubstr(R"("dtm_result":"FAILURE")"));
  }
  static std::string new_gid(const std::string& headers) {
    const auto answer = exchange("GET", "/api/dtmsvr/newGid", headers, "");
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, Not(HasSubstr("FAILURE")));
    const json body = json::parse(answer.body);
    EXPECT_EQ(body["dtm_result"], "SUCCESS");
    EXPECT_TRUE(body["gid"].is_string());
    return body.value("gid", "");
  }
  /// PHP escapes the slashes of a text.
  static std::string php(std::string text) {
    for (std::size_t at = 0; (at = text.find('/', at)) != std::string::npos; at += 2) text.insert(at, "\\");
    return text;
  }
  static std::string body_of_call(const std::string& gid, std::size_t which) {
    const auto calls = service().ledger_of(gid);
    return which < calls.size() ? calls[which].message.body : "not called";
  }
  void expect_end(const std::string& gid, const std::string& status, const std::string& story) {
    EXPECT_TRUE(ends_as(gid, status)) << query(gid);
    EXPECT_EQ(service().story_of(gid), story);
  }
};

TEST_F(RawClients, NodeConfirmsATccAtTheOldRoute) {
  const std::string gid = new_gid(node_headers);
  const std::string whole = R"({"gid":")" + gid + R"(","trans_type":"tcc"})";
  expect_success(call("prepare", node_headers, whole));
  expect_success(call("registerTccBranch", node_headers,
                      R"({"gid":")" + gid + R"(","branch_id":"01","trans_type":"tcc","status":"prepared",)" +
                          R"("data":"{\"amount\":30}","try":")" + url("/try") + R"(","confirm":")" + url("/confirm") +
                          R"(","cancel":")" + url("/cancel") + "\"}"));
  expect_success(call("submit", node_headers, whole));
  expect_end(gid, "succeed", "confirm 01");
  EXPECT_EQ(body_of_call(gid, 0), R"({"amount":30})");
  // axios throws from 300 on: that is how the client hears that it is too late.
  expect_failure(call("submit", node_headers, whole));
  expect_failure(call("abort", node_headers, whole));
}

TEST_F(RawClients, NodeCancelsATcc) {
  const std::string gid = new_gid(node_headers);
  const std::string whole = R"({"gid":")" + gid + R"(","trans_type":"tcc"})";
  expect_success(call("prepare", node_headers, whole));
  expect_success(call("registerTccBranch", node_headers,
                      R"({"gid":")" + gid + R"(","branch_id":"01","trans_type":"tcc","status":"prepared",)" +
                          R"("data":"1","try":")" + url("/try") + R"(","confirm":")" + url("/confirm") +
                          R"(","cancel":")" + url("/cancel") + "\"}"));
  expect_success(call("abort", node_headers, whole));
  expect_end(gid, "failed", "cancel 01");
}

TEST_F(RawClients, NodeRunsAConcurrentSagaInItsOrders) {
  const std::string gid = new_gid(node_headers);
  const std::string one = R"({"action":")" + url("/a") + R"(","compensate":")" + url("/u") + "\"}";
  expect_success(call("submit", node_headers,
                      R"({"gid":")" + gid + R"(","trans_type":"saga","steps":[)" + one + "," + one +
                          R"(],"payloads":["{\"amount\":30}","null"],)"
                          R"("custom_data":"{\"concurrent\":true,\"orders\":{\"0\":[1]}}"})"));
  expect_end(gid, "succeed", "action 02, action 01");
  EXPECT_EQ(body_of_call(gid, 0), "null");
}

// Its messages carry their delay from the submit on only, in JSON with a blank.
TEST_F(RawClients, NodeDelaysAPreparedMessage) {
  const std::string gid = new_gid(node_headers);
  const auto message = [&](const std::string& custom) {
    return R"({"gid":")" + gid + R"(","trans_type":"msg",)" + custom + R"("steps":[{"action":")" + url("/a") +
           R"("}],"payloads":["{\"amount\":30}"],"query_prepared":")" + url("/q") + "\"}";
  };
  const auto before = kit::steady::now();
  expect_success(call("prepare", node_headers, message("")));
  expect_success(call("submit", node_headers, message(R"("custom_data":"{\"delay\": 1}",)")));
  expect_end(gid, "succeed", "action 01");
  EXPECT_THAT(kit::steady::now() - before, Gt(1s));
}

/// All that .NET's serializer writes of a transaction: every member, indented, quotes inside of texts as \u0022.
std::string csharp(const std::string& gid, const std::string& type, const std::string& steps,
                   const std::string& payloads, const std::string& custom_data = "null",
                   const std::string& query_prepared = "null") {
  return "{\r\n  \"gid\": \"" + gid + "\",\r\n  \"trans_type\": \"" + type +
         "\",\r\n  \"custom_data\": " + custom_data +
         ",\r\n  \"wait_result\": false,\r\n  \"timeout_to_fail\": 0,\r\n  \"retry_interval\": 0,\r\n"
         "  \"branch_headers\": null,\r\n  \"steps\": " +
         steps + ",\r\n  \"payloads\": " + payloads + ",\r\n  \"query_prepared\": " + query_prepared +
         ",\r\n  \"rollback_reason\": null\r\n}";
}

TEST_F(RawClients, CSharpRunsASagaWithNullsAndEscapedQuotes) {
  const std::string gid = new_gid(csharp_headers);
  const std::string steps = "[\r\n    {\r\n      \"action\": \"" + url("/a") +
                            "?a=1\\u0026b=2\",\r\n      \"compensate\": \"" + url("/u") + "\"\r\n    }\r\n  ]";
  expect_success(call("submit", csharp_headers,
                      csharp(gid, "saga", steps, "[\r\n    \"{\\u0022Name\\u0022:\\u0022a\\\\u002Bb\\u0022}\"\r\n  ]",
                             R"("{\u0022concurrent\u0022:true,\u0022orders\u0022:{}}")")));
  expect_end(gid, "succeed", "action 01");
  EXPECT_EQ(body_of_call(gid, 0), R"({"Name":"a\u002Bb"})");
  EXPECT_THAT(service().ledger_of(gid).at(0).message.start_line, StartsWith("POST /a?a=1&b=2&branch_id=01&gid="));
}

TEST_F(RawClients, CSharpEndsTccAndXaThatHaveNoSteps) {
  for (const std::string type : {"tcc", "xa"})
    for (const std::string end : {"submit", "abort"}) {
      SCOPED_TRACE(type + " " + end);
      const std::string gid = new_gid(csharp_headers);
      const std::string whole = csharp(gid, type, "null", "null");
      expect_success(call("prepare", csharp_headers, whole));
      const std::string urls = type == "xa" ? "  \"url\": \"" + url("/x") + "\"\r\n}"
                                            : "  \"data\": \"{\\u0022n\\u0022:1}\",\r\n  \"confirm\": \"" + url("/x") +
                                                  "\",\r\n  \"cancel\": \"" + url("/x") + "\"\r\n}";
      expect_success(call("registerBranch", csharp_headers,
                          "{\r\n  \"gid\": \"" + gid + "\",\r\n  \"trans_type\": \"" + type +
                              "\",\r\n  \"branch_id\": \"01\",\r\n" + urls));
      expect_success(call(end, csharp_headers, whole));
      const bool done = end == "submit";
      expect_end(gid, done ? "succeed" : "failed",
                 type == "xa" ? (done ? "commit 01" : "rollback 01") : (done ? "confirm 01" : "cancel 01"));
    }
}

/// What its query can read: 32-bit ids, times that are there, and a finish_time that may be absent but not null.
void expect_readable_for_csharp(const json& found) {
  const auto readable = [](const json& record) {
    EXPECT_TRUE(record["id"].is_number_integer());
    EXPECT_LE(record["id"].get<std::int64_t>(), std::numeric_limits<std::int32_t>::max());
    for (const char* time : {"create_time", "update_time"}) EXPECT_TRUE(record[time].is_string()) << time << record;
    for (const char* maybe : {"finish_time", "rollback_time"}) {
      EXPECT_TRUE(!record.contains(maybe) || record[maybe].is_string()) << maybe << record;
    }
  };
  readable(found["transaction"]);
  EXPECT_TRUE(found["transaction"]["next_cron_time"].is_string());
  EXPECT_TRUE(found["transaction"]["next_cron_interval"].is_number_integer());
  EXPECT_TRUE(found["transaction"]["concurrent"].is_boolean());
  for (const json& branch : found["branches"]) readable(branch);
}

TEST_F(RawClients, CSharpReadsTheQueryOfATransactionInEveryStatus) {
  service().on("/refuse", kit::scripted_reply{.status = 409});
  service().on("/down", kit::scripted_reply{.status = 500});
  expect_success(post("prepare", R"({"gid":"cs-prepared","trans_type":"tcc"})"));
  expect_success(post("registerBranch", R"({"gid":"cs-prepared","trans_type":"tcc","branch_id":"01"})"));
  expect_success(post("submit", saga("cs-submitted", {{"/down", "/u"}})));
  expect_success(post("submit", saga("cs-aborting", {{"/refuse", "/down"}})));
  expect_success(post("submit", saga("cs-succeed", {{"/a", "/u"}})));
  expect_success(post("submit", saga("cs-failed", {{"/refuse", "/u"}})));
  for (const std::string status : {"prepared", "submitted", "aborting", "succeed", "failed"}) {
    SCOPED_TRACE(status);
    ASSERT_TRUE(ends_as("cs-" + status, status));
    const auto answer = exchange("GET", "/api/dtmsvr/query?gid=cs-" + status, csharp_headers, "");
    EXPECT_EQ(answer.status, 200);
    expect_readable_for_csharp(json::parse(answer.body));
  }
  EXPECT_EQ(get("query?gid=cs-nobody").body, R"({"branches":[],"transaction":null})");
  for (const std::string gid : {"cs-submitted", "cs-aborting"}) post("forceStop", R"({"gid":")" + gid + "\"}");
}

TEST_F(RawClients, CSharpRunsAWorkflow) {
  const std::string gid = new_gid(csharp_headers);
  const std::string whole = csharp(gid, "workflow", "null", "null",
                                   R"("{\u0022name\u0022:\u0022wfn\u0022,\u0022data\u0022:\u0022Pj4\\u002B\u0022}")",
                                   '"' + url("/never-called") + '"');
  const auto begun = call("prepareWorkflow", csharp_headers, whole);
  EXPECT_EQ(begun.status, 200);
  const json first = json::parse(begun.body);
  EXPECT_EQ(first["progresses"], json::array());
  EXPECT_EQ(first["transaction"]["status"], "prepared");
  EXPECT_EQ(first["transaction"]["custom_data"], R"({"name":"wfn","data":"Pj4\u002B"})");
  expect_success(call("registerBranch", csharp_headers,
                      "{\r\n  \"gid\": \"" + gid +
                          "\",\r\n  \"trans_type\": \"workflow\",\r\n  \"data\": \"\",\r\n  \"branch_id\": \"01\",\r\n"
                          "  \"op\": \"action\",\r\n  \"status\": \"succeed\"\r\n}"));
  const json again = json::parse(call("prepareWorkflow", csharp_headers, whole).body);
  ASSERT_EQ(again["progresses"].size(), 1u);
  EXPECT_EQ(again["progresses"][0]["branch_id"], "01");
  EXPECT_EQ(again["progresses"][0]["op"], "action");
  EXPECT_EQ(again["progresses"][0]["status"], "succeed");
  expect_success(call(
      "submit", csharp_headers,
      "{\r\n  \"gid\": \"" + gid +
          "\",\r\n  \"trans_type\": \"workflow\",\r\n  \"req_extra\": {\r\n"
          "    \"status\": \"failed\",\r\n    \"rollback_reason\": \"no money\",\r\n    \"result\": \"\"\r\n  }\r\n}"));
  const json ended = json::parse(call("prepareWorkflow", csharp_headers, whole).body);
  EXPECT_EQ(ended["transaction"]["status"], "failed");
  EXPECT_EQ(ended["transaction"]["rollback_reason"], "no money");
}

TEST_F(RawClients, PhpRunsASagaWithItsContextAndEmptyArrays) {
  const std::string gid = new_gid(php_headers);
  const std::string one = R"({"action":")" + php(url("/a")) + R"(","compensate":")" + php(url("/u")) + "\"}";
  const std::string begin = R"({"gid":")" + gid + R"(","trans_type":"saga","branch_id":"","steps":[)" + one + "," +
                            one + R"(],"payloads":["{\"name\":\"\\u4e2d\"}","[]"],)";
  expect_success(call("submit", php_headers,
                      begin + R"("branch_headers":[],"passthrough_headers":[],"wait_result":true,"retry_interval":1,)"
                              R"("timeout_to_fail":0,"op":"action","sub_branch_id":2,"barrier_i_d":0,"dtm":""})"));
  expect_end(gid, "succeed", "action 01, action 02");
  EXPECT_EQ(body_of_call(gid, 0), R"({"name":"\u4e2d"})");
  EXPECT_EQ(body_of_call(gid, 1), "[]");
}

// What PHP makes of an empty map of orders, and of one whose keys are 0, 1, .. in this order; DTM cannot read either.
TEST_F(RawClients, PhpWritesTheOrdersOfAConcurrentSagaAsAnArray) {
  for (const std::string orders : {"[]", "[[1],[]]"}) {
    SCOPED_TRACE(orders);
    const std::string gid = new_gid(php_headers);
    const std::string one = R"({"action":")" + php(url("/a")) + R"(","compensate":")" + php(url("/u")) + "\"}";
    expect_success(call("submit", php_headers,
                        R"({"gid":")" + gid + R"(","trans_type":"saga","branch_id":"","steps":[)" + one + "," + one +
                            R"(],"payloads":["1","2"],"custom_data":"{\"concurrent\":true,\"orders\":)" + orders +
                            "}\"}"));
    EXPECT_TRUE(ends_as(gid, "succeed"));
    if (orders != "[]") {
      EXPECT_EQ(service().story_of(gid), "action 02, action 01");
    }
  }
}

TEST_F(RawClients, PhpEndsXaAndTccWithItsWholeContext) {
  for (const std::string type : {"tcc", "xa"}) {
    SCOPED_TRACE(type);
    const std::string gid = new_gid(php_headers);
    const std::string context = R"({"gid":")" + gid + R"(","trans_type":")" + type + R"(","branch_id":"")";
    expect_success(call("prepare", php_headers, context + R"(,"op":"action","branch_headers":[]})"));
    const std::string where = php(url("/x"));
    expect_success(call("registerBranch", php_headers,
                        type == "xa"
                            ? R"({"url":")" + where + R"(","branch_id":"01","gid":")" + gid + R"(","trans_type":"xa"})"
                            : R"({"data":"{\"amount\":30}","branch_id":"01","confirm":")" + where + R"(","cancel":")" +
                                  where + R"(","gid":")" + gid + R"(","trans_type":"tcc"})"));
    expect_success(call("submit", php_headers,
                        context + R"(,"op":"action","branch_headers":[],"sub_branch_id":1,"phase2_url":null})"));
    expect_end(gid, "succeed", type == "xa" ? "commit 01" : "confirm 01");
    expect_failure(call("abort", php_headers, context + R"(,"sub_branch_id":1})"));
  }
}

// Hyperf's JSON-RPC: parameters of none are an array, the envelope has a context, and the result is read whatever it
// is.
TEST_F(RawClients, PhpSpeaksJsonRpcWithItsOwnEnvelope) {
  const auto rpc = [](const std::string& method, const std::string& params) {
    const auto answer = exchange("POST", "/api/json-rpc", "Content-Type: application/json\r\n",
                                 R"({"jsonrpc":"2.0","method":")" + method + R"(","params":)" + params +
                                     R"(,"id":"637c8f2d1e5f3","context":[]})");
    EXPECT_EQ(answer.status, 200);
    json body = json::parse(answer.body);
    EXPECT_EQ(body["id"], "637c8f2d1e5f3");
    EXPECT_TRUE(body.contains("result"));
    EXPECT_TRUE(body["error"].is_null()) << body;
    return body;
  };
  const json begun = rpc("newGid", "[]");
  ASSERT_TRUE(begun["result"]["gid"].is_string());
  const std::string gid = begun["result"]["gid"];
  const std::string context = R"({"gid":")" + gid + R"(","trans_type":"tcc","branch_id":""})";
  rpc("prepare", context);
  rpc("registerBranch", R"({"data":"{\"amount\":30}","branch_id":"01","confirm":")" + php(url("/c")) +
                            R"(","cancel":")" + php(url("/u")) + R"(","gid":")" + gid + R"(","trans_type":"tcc"})");
  rpc("submit", context);
  expect_end(gid, "succeed", "confirm 01");
}

// The Java client itself is tested too; these are the bytes of another run of it: its type stands there twice.
TEST_F(RawClients, JavaNamesItsTypeTwice) {
  const std::string gid = new_gid(java_headers);
  const std::string whole =
      "{\n  \"subType\" : \"OperatorParam\",\n  \"gid\" : \"" + gid + "\",\n  \"trans_type\" : \"tcc\"\n}";
  expect_success(call("prepare", java_headers, whole));
  expect_success(call("registerBranch", java_headers,
                      "{\n  \"subType\" : \"tcc\",\n  \"gid\" : \"" + gid +
                          "\",\n  \"trans_type\" : \"tcc\",\n  \"subType\" : \"tcc\",\n  \"branch_id\" : \"01\",\n"
                          "  \"status\" : \"prepared\",\n  \"data\" : \"{\\\"amount\\\":30}\",\n  \"confirm\" : \"" +
                          url("/c") + "\",\n  \"cancel\" : \"" + url("/u") + "\"\n}"));
  expect_success(call("submit", java_headers, whole));
  expect_end(gid, "succeed", "confirm 01");
  const std::string other = new_gid(java_headers);
  expect_success(
      call("submit", java_headers,
           "{\n  \"subType\" : \"saga\",\n  \"gid\" : \"" + other +
               "\",\n  \"trans_type\" : \"saga\",\n  \"subType\" : \"saga\",\n  \"steps\" : [ {\n    \"action\" : \"" +
               url("/a") + "\",\n    \"compensate\" : \"" + url("/u") +
               "\"\n  } ],\n  \"payloads\" : [ \"{\\\"amount\\\":30}\" ],\n  \"custom_data\" : "
               "\"{\\\"concurrent\\\":true,\\\"orders\\\":{}}\",\n  \"wait_result\" : false,\n"
               "  \"timeout_to_fail\" : 0,\n  \"retry_interval\" : 0,\n  \"passthrough_headers\" : [ ],\n"
               "  \"branch_headers\" : { }\n}"));
  expect_end(other, "succeed", "action 01");
  const auto pong = exchange("GET", "/api/ping", java_headers, "");
  EXPECT_EQ(pong.status, 200);
  EXPECT_EQ(pong.content_type, json_type);
  EXPECT_TRUE(json::parse(pong.body).is_object());
}

// Bodies of more than a megabyte are announced by cURL, which PHP uses, and by older .NET: they wait for leave to send.
TEST_F(RawClients, ClientsThatAskBeforeTheySendAreToldToGoOn) {
  const auto deadline = kit::steady::now() + 20s;
  const std::string body = saga("asks-first", {{"/a", "/u"}});
  auto connection = kit::tcp_stream::connect_to(http());
  connection.write("POST /api/dtmsvr/submit HTTP/1.1\r\nHost: x\r\n" + php_headers +
                       "Expect: 100-Continue\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n",
                   deadline);
  std::string heard;
  while (heard.find("\r\n\r\n") == std::string::npos) {
    ASSERT_EQ(connection.read_some(heard, deadline), kit::tcp_stream::read_end::bytes);
  }
  ASSERT_THAT(heard, AllOf(StartsWith("HTTP/1.1 100 "), testing::EndsWith("\r\n\r\n")));
  connection.write(body, deadline);
  heard.clear();
  const auto message = kit::read_message(connection, heard, kit::message_kind::response, deadline);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->body, success);
}

}  // namespace
}  // namespace treaty::wire_test
