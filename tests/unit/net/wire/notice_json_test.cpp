#include "net/wire/notice_json.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace treaty {
namespace {

using namespace std::chrono_literals;

class NoticeJson : public testing::Test {
protected:
  NoticeJson() { setenv("TZ", "UTC", 1); }
};

// Receivers were written against DTM: the same members in the same order, escaped as Go does.
TEST_F(NoticeJson, AlertsAreDtms) {
  alert_notice what;
  what.gid = gid{"m5"};
  what.status = txn_status::submitted;
  what.branch_url = "http://127.0.0.1:46800/a?x=1&y=2";
  what.error = "one\ntwo";
  what.retry_count = 3;
  EXPECT_EQ(alert_body(what),
            R"({"branch":"http://127.0.0.1:46800/a?x=1\u0026y=2","error":"one\ntwo","gid":"m5","retry_count":3,)"
            R"("status":"submitted"})");
}

TEST_F(NoticeJson, CompletionsTellWhatEndedAndHow) {
  end_notice what;
  what.gid = gid{"g1"};
  what.type = trans_type::saga;
  what.status = txn_status::failed;
  what.rollback_reason = "no money";
  what.create_time = time_point{1'700'000'000s};
  what.end_time = time_point{1'700'000'001s} + 500ms;
  EXPECT_EQ(completion_body(what),
            R"({"create_time":"2023-11-14T22:13:20Z","finish_time":"2023-11-14T22:13:21.5Z","gid":"g1",)"
            R"("rollback_reason":"no money","status":"failed","trans_type":"saga"})");
}

TEST_F(NoticeJson, CompletionsOfWorkflowsCarryTheirResult) {
  end_notice what;
  what.gid = gid{"w1"};
  what.type = trans_type::workflow;
  what.status = txn_status::succeed;
  what.result = "eyJ9";
  what.create_time = what.end_time = time_point{1'700'000'000s};
  EXPECT_EQ(completion_body(what),
            R"({"create_time":"2023-11-14T22:13:20Z","finish_time":"2023-11-14T22:13:20Z","gid":"w1",)"
            R"("result":"eyJ9","status":"succeed","trans_type":"workflow"})");
}

}  // namespace
}  // namespace treaty
