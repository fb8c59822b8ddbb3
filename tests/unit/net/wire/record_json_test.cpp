#include "net/wire/record_json.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include <memory>

namespace treaty {
namespace {

constexpr time_point at(std::int64_t nanoseconds_past) {
  return time_point{std::chrono::seconds{1'795'366'818} + duration{nanoseconds_past}};  // 2026-11-22T17:00:18Z
}

class RecordJson : public ::testing::Test {
protected:
  RecordJson() {
    setenv("TZ", "UTC", 1);
    tzset();
    definition->gid = gid{"s1"};
    definition->steps = {{"http://b/ok1", "http://b/c1"}};
    definition->payloads = {R"({"a":1})"};
    definition->options.branch_headers = {{"test_header", "hv"}, {"X-b", "2"}};
    definition->create_time = at(0);
    record.progress.status = txn_status::succeed;
    record.progress.legs.resize(2);
  }

  txn_record& finished() {
    record.definition = definition;
    record.progress.update_time = at(3'000'000);
    record.progress.finish_time = at(3'000'000);
    record.progress.next_cron_interval = std::chrono::milliseconds{10'000};
    record.progress.next_cron_time = at(10'000'000'000);
    record.progress.legs[1] = {.status = leg_status::succeed, .attempts = 0, .finish_time = at(2'500'000)};
    return record;
  }

  std::string listing_of(std::size_t count, std::string_view position) {
    listing_text text;
    for (std::size_t i = 0; i < count; ++i) text.add(finished());
    return std::move(text).finish(position);
  }

  std::shared_ptr<txn_definition> definition = std::make_shared<txn_definition>();
  txn_record record;
};

TEST_F(RecordJson, ShowsAFinishedSagaAsDtmDoes) {
  EXPECT_EQ(
      query_json(finished()),
      R"({"branches":[{"id":0,"create_time":"2026-11-22T17:00:18Z","update_time":"2026-11-22T17:00:18Z","gid":"s1",)"
      R"("url":"http://b/c1","bin_data":"eyJhIjoxfQ==","branch_id":"01","op":"compensate","status":"prepared"},)"
      R"({"id":0,"create_time":"2026-11-22T17:00:18Z","update_time":"2026-11-22T17:00:18Z","gid":"s1",)"
      R"("url":"http://b/ok1","bin_data":"eyJhIjoxfQ==","branch_id":"01","op":"action","status":"succeed",)"
      R"("finish_time":"2026-11-22T17:00:18.0025Z"}],)"
      R"("transaction":{"id":0,"create_time":"2026-11-22T17:00:18Z","update_time":"2026-11-22T17:00:18.003Z",)"
      R"("gid":"s1","trans_type":"saga","steps":[{"action":"http://b/ok1","compensate":"http://b/c1"}],)"
      R"("payloads":["{\"a\":1}"],"status":"succeed","protocol":"http","finish_time":"2026-11-22T17:00:18.003Z",)"
      R"("options":"{\"branch_headers\":{\"X-b\":\"2\",\"test_header\":\"hv\"},\"concurrent\":false}",)"
      R"("next_cron_interval":10,"next_cron_time":"2026-11-22T17:00:28Z",)"
      R"("branch_headers":{"X-b":"2","test_header":"hv"},"concurrent":false}})");
}

// C# reads these three without asking whether they are there.
TEST_F(RecordJson, HasNoNullTimesEvenWhenNothingHasHappened) {
  record.definition = definition;
  const std::string json = query_json(record);
  EXPECT_EQ(json.find("null"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("next_cron_time":"2026-11-22T17:00:18Z")"), std::string::npos) << json;
}

TEST_F(RecordJson, ShowsOptionsTwiceAndInTheirOrder) {
  definition->options = {.wait_result = true,
                         .timeout_to_fail = std::chrono::seconds{1},
                         .request_timeout = std::chrono::seconds{2},
                         .retry_interval = std::chrono::seconds{3},
                         .branch_headers = {},
                         .concurrent = true,
                         .retry_limit = 4,
                         .retry_count = 5};
  definition->custom_data = R"({"concurrent":true})";
  const std::string json = query_json(finished());
  EXPECT_NE(json.find(R"("options":"{\"wait_result\":true,\"timeout_to_fail\":1,\"request_timeout\":2,)"
                      R"(\"retry_interval\":3,\"concurrent\":true,\"retry_limit\":4,\"retry_count\":5}",)"
                      R"("custom_data":"{\"concurrent\":true}")"),
            std::string::npos)
      << json;
  EXPECT_NE(json.find(R"("wait_result":true,"timeout_to_fail":1,"request_timeout":2,"retry_interval":3,)"
                      R"("concurrent":true,"retry_limit":4,"retry_count":5}})"),
            std::string::npos)
      << json;
}

TEST_F(RecordJson, ShowsWhyAndWhenATransactionWasRolledBack) {
  finished().progress.status = txn_status::failed;
  record.progress.finish_time = {};
  record.progress.rollback_time = at(0);
  record.progress.rollback_reason = "url:u return failed: <no> FAILURE";
  const std::string json = query_json(record);
  EXPECT_NE(json.find(R"("protocol":"http","rollback_time":"2026-11-22T17:00:18Z",)"
                      R"("rollback_reason":"url:u return failed: \u003cno\u003e FAILURE","options")"),
            std::string::npos)
      << json;
}

// The bytes of a gRPC payload are no text.
TEST_F(RecordJson, ShowsBinaryPayloadsOnlyInTheBranches) {
  definition->protocol = branch_protocol::grpc;
  definition->payloads = {"\x08\x1E"};
  const std::string json = query_json(finished());
  EXPECT_EQ(json.find("payloads"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("bin_data":"CB4=")"), std::string::npos) << json;
}

TEST_F(RecordJson, LeavesOutEmptyUrlsAndPayloads) {
  definition->steps = {{"", ""}};
  definition->payloads = {""};
  const std::string json = query_json(finished());
  EXPECT_EQ(json.find("url"), std::string::npos) << json;
  EXPECT_EQ(json.find("bin_data"), std::string::npos) << json;
}

TEST_F(RecordJson, ListsRecordsWithThePositionOfTheNextPage) {
  EXPECT_EQ(listing_of(0, ""), R"({"next_position":"","transactions":[]})");
  EXPECT_EQ(listing_json_of_none("p"), R"({"next_position":"p","transactions":null})");
  const std::string two = listing_of(2, "7");
  EXPECT_TRUE(two.starts_with(R"({"next_position":"7","transactions":[{"id":0,)")) << two;
  EXPECT_NE(two.find(R"("concurrent":false},{"id":0,)"), std::string::npos) << two;
  EXPECT_TRUE(two.ends_with("}]}")) << two;
}

}  // namespace
}  // namespace treaty
