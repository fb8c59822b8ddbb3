#include <gmock/gmock.h>

#include <random>
#include <set>

#include "tests/wire/raw_coordinator.hpp"

// Whatever arrives, the coordinator answers it precisely, stores nothing of it, and goes on serving.
namespace treaty::wire_test {
namespace {

using namespace std::chrono_literals;

class RawBadInput : public raw_coordinator {
protected:
  void SetUp() override { stored_before_ = stored(); }
  void TearDown() override {
    EXPECT_EQ(stored(), stored_before_) << "something of it was stored";
    const std::string gid = "alive-" + std::to_string(++checks_);
    EXPECT_EQ(post("submit", saga(gid, {{"/ok", "/undo"}}, R"("wait_result":true)")).body, success)
        << "it no longer serves";
    raw_coordinator::TearDown();
  }

  static std::set<std::string> stored() {
    std::set<std::string> gids;
    std::string position;
    do {
      const auto page = nlohmann::json::parse(get("all?limit=1000&position=" + position).body);
      for (const auto& one : page["transactions"]) gids.insert(one.value("gid", ""));
      position = page.value("next_position", "");
    } while (!position.empty());
    return gids;
  }

  /// This one was meant to be stored.
  void forget_stored(const std::string& gid) { stored_before_.insert(gid); }

  /// Errors have a message, never the word that clients take for a refusal of a branch, and no result.
  static void expect_error(const kit::http_answer& answer, int status) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.content_type, json_type);
    const auto body = nlohmann::json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
    ASSERT_TRUE(body.is_object()) << answer.body;
    EXPECT_FALSE(body.contains("dtm_result")) << answer.body;
    EXPECT_FALSE(body.value("message", "").empty()) << answer.body;
  }

private:
  static inline int checks_ = 0;
  std::set<std::string> stored_before_;
};

TEST_F(RawBadInput, MalformedJsonIsAnErrorOnEveryRouteThatTakesABody) {
  for (const std::string route : {"submit", "prepare", "abort", "forceStop", "resetNextCronTime"})
    for (const std::string body :
         {"", "hello", "{", "nul", R"({"gid":"bad1")", R"({"gid":"bad1",})", R"({"gid":"bad\x"})",
          "{\"gid\":\"bad\n1\"}", "{\"gid\":\"bad1\",\"trans_type\":\"saga\"}x"}) {
      SCOPED_TRACE(route + " " + body);
      expect_error(post(route, body), 500);
    }
}

TEST_F(RawBadInput, JsonThatIsNoObjectIsAnError) {
  for (const std::string body : {"[]", "5", "true", R"("text")", R"([{"gid":"bad2","trans_type":"saga"}])"}) {
    SCOPED_TRACE(body);
    expect_error(post("submit", body), 500);
  }
}

TEST_F(RawBadInput, WrongTypesAreErrors) {
  for (const std::string member :
       {R"("gid":5)", R"("trans_type":["saga"])", R"("steps":{})", R"("steps":["x"])", R"("steps":[{"action":1}])",
        R"("payloads":"x")", R"("payloads":[1])", R"("wait_result":"yes")", R"("timeout_to_fail":"3")",
        R"("retry_limit":1.5)", R"("request_timeout":99999999999999999999)", R"("custom_data":{})",
        R"("branch_headers":{"a":1})", R"("branch_headers":"x")", R"("concurrent":1)", R"("protocol":7)"}) {
    SCOPED_TRACE(member);
    const bool names_gid = member.starts_with(R"("gid")");
    const bool names_type = member.starts_with(R"("trans_type")");
    expect_error(post("submit", "{" + std::string{names_gid ? "" : R"("gid":"bad3",)"} +
                                    (names_type ? "" : R"("trans_type":"saga",)") + member + "}"),
                 500);
  }
}

TEST_F(RawBadInput, MissingFieldsAndUnknownTypesAreErrors) {
  for (const std::string route : {"submit", "prepare"})
    for (const std::string body : {R"({})", R"({"gid":"bad4"})", R"({"trans_type":"saga"})",
                                   R"({"gid":"","trans_type":"saga"})", R"({"gid":"bad4","trans_type":"sagas"})",
                                   R"({"gid":"bad4","trans_type":""})", R"({"gid":"bad4","trans_type":"SAGA"})",
                                   R"({"gid":null,"trans_type":"saga"})", R"({"gid":";\n","trans_type":"saga"})"}) {
      SCOPED_TRACE(route + " " + body);
      expect_error(post(route, body), 500);
    }
  for (const std::string route : {"forceStop", "resetNextCronTime"}) expect_error(post(route, "{}"), 500);
}

TEST_F(RawBadInput, FewerPayloadsThanStepsIsAnError) {
  expect_error(
      post("submit", R"({"gid":"bad5","trans_type":"saga","steps":[{"action":"http://a/b","compensate":""}]})"), 500);
  expect_error(post("submit", R"({"gid":"bad5","trans_type":"saga","steps":[{"action":"","compensate":""},)"
                              R"({"action":"","compensate":""}],"payloads":["1"]})"),
               500);
}

TEST_F(RawBadInput, CustomDataOfAConcurrentSagaIsCheckedBeforeItIsStored) {
  for (const std::string data : {"x", "[]", R"({\"concurrent\":true,\"orders\":[0]})", R"({\"orders\":{\"a\":[0]}})",
                                 R"({\"orders\":{\"0\":[7]},\"concurrent\":true})",
                                 R"({\"orders\":{\"0\":[1],\"1\":[0]},\"concurrent\":true})"}) {
    SCOPED_TRACE(data);
    expect_error(post("submit", R"({"gid":"bad6","trans_type":"saga","steps":[{"action":""},{"action":""}],)"
                                R"("payloads":["1","2"],"custom_data":")" +
                                    data + R"("})"),
                 500);
  }
}

TEST_F(RawBadInput, BodyOverTheLimitIsRefusedBeforeItIsRead) {
  const std::string huge(10u << 20, 'x');
  for (const std::string& body :
       {huge, R"({"gid":"bad7","trans_type":"saga","steps":[{"action":"","compensate":""}],"payloads":[")" + huge +
                  R"("]})"}) {
    const auto answer = post("submit", body);
    EXPECT_EQ(answer.status, 413) << answer.body;
    EXPECT_NE(answer.body.find("message"), std::string::npos) << answer.body;
  }
}

// A length that is announced and never sent costs nothing but a connection.
TEST_F(RawBadInput, AnnouncedHugeLengthIsRefusedAtOnce) {
  auto connection = kit::tcp_stream::connect_to(http());
  const auto deadline = kit::steady::now() + 10s;
  ASSERT_TRUE(connection.write("POST /api/dtmsvr/submit HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n{",
                               deadline));
  std::string buffered;
  const auto answer = kit::read_message(connection, buffered, kit::message_kind::response, deadline);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status(), 413);
}

TEST_F(RawBadInput, DeeplyNestedJsonIsAnErrorNotACrash) {
  const std::string deep(100'000, '[');
  expect_error(post("submit", deep), 500);
  expect_error(post("submit", R"({"gid":"bad8","trans_type":"saga","x":)" + deep), 500);
}

TEST_F(RawBadInput, GidOfTenThousandCharactersIsAnError) {
  const std::string gid(10'000, 'g');
  const auto answer = post("submit", saga(gid, {{"/ok", "/undo"}}));
  expect_error(answer, 500);
  expect_error(post("prepare", saga(std::string(129, 'g'), {{"/ok", "/undo"}})), 500);
  EXPECT_LT(get("query?gid=" + gid).status, 600);
}

TEST_F(RawBadInput, UnknownRoutesAreNotFound) {
  for (const std::string target : {"/", "/api", "/api/dtmsvr", "/api/dtmsvr/submitt", "/api/dtmsvr/../submit",
                                   "/api/dtmsvr/%73ubmitx", "/etc/passwd", "//", "/api/dtmsvr/submit%00"}) {
    SCOPED_TRACE(target);
    const auto answer = kit::post(http(), target, R"({"gid":"bad9","trans_type":"saga"})");
    EXPECT_TRUE(answer.status == 404 || answer.status == 307) << answer.status << " " << answer.body;
  }
}

TEST_F(RawBadInput, HalfOpenConnectionsDoNotKeepOthersOut) {
  std::vector<kit::tcp_stream> halves;
  for (int i = 0; i < 200; ++i) {
    halves.push_back(kit::tcp_stream::connect_to(http()));
    halves.back().write("POST /api/dtmsvr/submit HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{\"gid\":\"half\"",
                        kit::steady::now() + 1s);
  }
  const auto start = kit::steady::now();
  EXPECT_EQ(get("newGid").status, 200);
  EXPECT_LT(kit::steady::now() - start, 5s);
}

TEST_F(RawBadInput, SlowClientIsServedWhenItIsDone) {
  auto connection = kit::tcp_stream::connect_to(http());
  const auto deadline = kit::steady::now() + 20s;
  const std::string text = "GET /api/dtmsvr/query?gid=nobody HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  for (const char byte : text) {
    ASSERT_TRUE(connection.write({&byte, 1}, deadline));
    std::this_thread::sleep_for(5ms);  // what makes it slow, not a wait for something
  }
  std::string buffered;
  const auto answer = kit::read_message(connection, buffered, kit::message_kind::response, deadline);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, R"({"branches":[],"transaction":null})");
}

std::string noise(std::mt19937_64& random, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(random());
  return bytes;
}

/// Sends `bytes`, ends the sending side of the talk, and reads until the coordinator hangs up or has nothing to say.
void throw_at(std::uint16_t port, const std::string& bytes) {
  auto connection = kit::tcp_stream::connect_to(port);
  connection.write(bytes, kit::steady::now() + 1s);
  std::string ignored;
  connection.read_some(ignored, kit::steady::now() + 20ms);
}

TEST_F(RawBadInput, GarbageOnEitherPortIsSurvived) {
  std::mt19937_64 random{20'261'122};
  const std::vector<std::string> known{
      "GET / HTTP/9.9\r\n\r\n",
      "\r\n\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
      "GET /api/ping HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
      "POST /api/dtmsvr/submit HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "POST /api/dtmsvr/submit HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n{}xx",
      "GET /" + std::string(200'000, 'a') + " HTTP/1.1\r\n\r\n",
      "GET /api/ping HTTP/1.1\r\nX: " + std::string(200'000, 'b') + "\r\n\r\n",
      "GET /api/ping HTTP/1.1\r\n" + std::string(50'000, '\n'),
  };
  for (const std::uint16_t port : {http(), coordinator().grpc_port()}) {
    for (const std::string& bytes : known) throw_at(port, bytes);
    for (int i = 0; i < 40; ++i) throw_at(port, noise(random, 1 + random() % 2'000));
    for (int i = 0; i < 10; ++i) throw_at(port, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + noise(random, 200));
  }
}

TEST_F(RawBadInput, BranchUrlsThatCannotBeCalledAreTriedAndNeverCrash) {
  for (const std::string target : {"://", "nohost", "http://127.0.0.1:1/x", "ftp://127.0.0.1/x"}) {
    SCOPED_TRACE(target);
    const std::string gid = "url-" + std::to_string(std::hash<std::string>{}(target));
    const auto answer =
        post("submit", R"({"gid":")" + gid + R"(","trans_type":"saga","wait_result":true,"steps":[{"action":")" +
                           target + R"(","compensate":""}],"payloads":["1"]})");
    EXPECT_EQ(answer.status, 409) << answer.body;
    EXPECT_EQ(post("forceStop", R"({"gid":")" + gid + R"("})").status, 200);
    forget_stored(gid);
  }
}

// Nobody can ever call them, so the client hears it while it is there, instead of success.
TEST_F(RawBadInput, HttpUrlsAndHeadersThatNobodyCanSendAreRefused) {
  for (const std::string target : {"http://", "http://[::1", "http://127.0.0.1:99999/x", "http://a b/c"}) {
    SCOPED_TRACE(target);
    const auto answer = post("submit", R"({"gid":"never","trans_type":"saga","steps":[{"action":")" + target +
                                           R"(","compensate":""}],"payloads":["1"]})");
    expect_error(answer, 500);
    EXPECT_NE(answer.body.find("bad url"), std::string::npos) << answer.body;
  }
  expect_error(post("submit", saga("never", {{"/ok", "/undo"}}, R"("branch_headers":{"a b":"x"})")), 500);
}

// The longest gid that DTM's own stores take; here so that the limit cannot move by accident.
TEST_F(RawBadInput, GidOfOneHundredAndTwentyEightCharactersIsFine) {
  const std::string gid(128, 'g');
  EXPECT_EQ(post("submit", saga(gid, {{"/ok", "/undo"}}, R"("wait_result":true)")).body, success);
  EXPECT_EQ(status_of(gid), "succeed");
  forget_stored(gid);
}

}  // namespace
}  // namespace treaty::wire_test
