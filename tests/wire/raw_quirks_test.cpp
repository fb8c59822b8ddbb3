#include <gmock/gmock.h>

#include "tests/wire/raw_coordinator.hpp"

// Where Treaty does better than DTM (docs/compatibility.md, "DTM's quirks") and no other test says so.
namespace treaty::wire_test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class RawQuirks : public raw_coordinator {
protected:
  static json transaction(const std::string& gid) { return query(gid)["transaction"]; }

  /// A coordinator of the test's own.
  struct own {
    kit::scratch_directory scratch;
    kit::treatyd_process process;
    explicit own(const std::string& config)
        : process{std::getenv("TREATYD") == nullptr ? TREATYD_BINARY : std::getenv("TREATYD"), scratch.path(),
                  kit::treatyd_options{.config = config}} {
      process.start();
    }
  };
};

// Q14: a message's time-out counts from its prepare, so its submit must not make it younger.
TEST_F(RawQuirks, SubmitKeepsTheTimeOfThePrepare) {
  const std::string message = R"({"gid":"q14","trans_type":"msg","steps":[{"action":")" + url("/a") +
                              R"("}],"payloads":["1"],"query_prepared":")" + url("/q") + "\"}";
  EXPECT_EQ(post("prepare", message).body, success);
  const std::string prepared = transaction("q14")["create_time"];
  EXPECT_EQ(post("submit", message).body, success);
  EXPECT_EQ(transaction("q14")["create_time"], prepared);
  ASSERT_TRUE(ends_as("q14", "succeed"));
  EXPECT_EQ(transaction("q14")["create_time"], prepared);
  EXPECT_EQ(transaction("q14")["query_prepared"], url("/q"));
}

// Q29: the pace that a transaction asks for is its pace, although the coordinator's own is ten times slower.
TEST_F(RawQuirks, ShortRetryIntervalCountsBesideALongOneOfTheCoordinator) {
  own slow{"RetryInterval: 10\nLogLevel: warn\n"};
  service().on("/broken-twice", [calls = std::make_shared<int>(0)](const kit::seen_call&) {
    return kit::scripted_reply{.status = ++*calls < 3 ? 500 : 200};
  });
  const auto before = kit::steady::now();
  EXPECT_EQ(kit::post(slow.process.http_port(), "/api/dtmsvr/submit",
                      saga("q29", {{"/broken-twice", "/u"}}, R"("retry_interval":1)"))
                .body,
            success);
  ASSERT_TRUE(service().wait_for("q29", [](const auto& calls) { return calls.size() == 3; }));
  EXPECT_LT(kit::steady::now() - before, 10s) << "it waited for the coordinator's interval";
}

// Q31.
TEST_F(RawQuirks, PasswordsAreNotLogged) {
  own talkative{"  Password: open-sesame\nLogLevel: debug\n"};  // goes on within Store:
  EXPECT_EQ(kit::post(talkative.process.http_port(), "/api/dtmsvr/submit",
                      saga("q31", {{"/a", "/u"}}, R"("wait_result":true)"))
                .body,
            success);
  EXPECT_EQ(talkative.process.stop(), 0);
  const std::string log = talkative.process.log_tail(1'000'000);
  EXPECT_THAT(log, HasSubstr("treatyd is ready"));
  EXPECT_THAT(log, Not(HasSubstr("open-sesame")));
}

// Q40: what was asked for can be read as long as the record is there.
TEST_F(RawQuirks, StepsAndPayloadsStayInTheRecord) {
  service().on("/refuse", kit::scripted_reply{.status = 409});
  for (const auto& [gid, path, status] :
       {std::tuple{"q40-succeed", "/a", "succeed"}, {"q40-failed", "/refuse", "failed"}}) {
    SCOPED_TRACE(gid);
    const json sent = json::parse(saga(gid, {{path, "/u"}, {"/b", "/v"}}));
    EXPECT_EQ(post("submit", sent.dump()).body, success);
    ASSERT_TRUE(ends_as(gid, status));
    EXPECT_EQ(transaction(gid)["steps"], sent["steps"]);
    EXPECT_EQ(transaction(gid)["payloads"], sent["payloads"]);
    const json listed = json::parse(get("all?gid=" + std::string{gid}).body);
    EXPECT_EQ(listed["transactions"][0]["steps"], sent["steps"]);
  }
}

}  // namespace
}  // namespace treaty::wire_test
