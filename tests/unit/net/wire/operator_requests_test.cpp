#include "net/wire/operator_requests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace treaty {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

list_request listed(std::string_view query) {
  const auto read = parse_list_query(query);
  EXPECT_TRUE(read) << query << ": " << (read ? "" : read.error().detail);
  return read ? *read : list_request{};
}

std::string not_listed(std::string_view query) {
  const auto read = parse_list_query(query);
  EXPECT_FALSE(read) << query;
  return read ? std::string{} : read.error().detail;
}

retry_many_request retried(std::string_view json) {
  const auto read = parse_retry_many(json);
  EXPECT_TRUE(read) << json << ": " << (read ? "" : read.error().detail);
  return read ? *read : retry_many_request{};
}

std::string not_retried(std::string_view json) {
  const auto read = parse_retry_many(json);
  EXPECT_FALSE(read) << json;
  return read ? std::string{} : read.error().detail;
}

std::string no_note(std::string_view json) {
  const auto read = parse_operator_note(json);
  EXPECT_FALSE(read) << json;
  return read ? std::string{} : read.error().detail;
}

TEST(ListQuery, NarrowsByEveryFilter) {
  const auto asked = listed(
      "status=aborting&type=saga&created_from=1000&created_to=2000&gid_prefix=order%2F&stuck=true"
      "&destination=bank%3A8080&limit=7&cursor=0aff");
  EXPECT_EQ(asked.status, txn_status::aborting);
  EXPECT_EQ(asked.type, trans_type::saga);
  EXPECT_EQ(asked.created_from, time_point{1s});
  EXPECT_EQ(asked.created_to, time_point{2s + 999'999ns});
  EXPECT_EQ(asked.gid_prefix, "order/");
  EXPECT_EQ(asked.stuck, true);
  EXPECT_EQ(asked.destination, "bank:8080");
  EXPECT_EQ(asked.limit, 7U);
  EXPECT_EQ(asked.position, "0aff");
}

TEST(ListQuery, IsOfFiftyWhenNothingIsAsked) {
  const auto asked = listed("");
  EXPECT_EQ(asked.limit, 50U);
  EXPECT_FALSE(asked.status);
  EXPECT_FALSE(asked.stuck);
}

// An offset's plus that nobody encoded arrives as a blank.
TEST(ListQuery, TakesTimesOfRfc3339) {
  const time_point noon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;
  for (const char* const text : {"2026-11-22T12:00:00Z", "2026-11-22T12:00:00.000Z", "2026-11-22T13:30:00%2B01:30",
                                 "2026-11-22T13:30:00+01:30", "2026-11-22t04:00:00-08:00"}) {
    EXPECT_EQ(listed(std::string{"created_from="} + text).created_from, noon) << text;
  }
  EXPECT_EQ(listed("created_to=2026-11-22T12:00:00.0000015Z").created_to, noon + 1500ns);
}

// An unset moment would narrow nothing, and find everything.
TEST(ListQuery, TakesTheFirstMomentOfAllForOne) {
  for (const char* const text : {"0", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00+23:59"}) {
    const auto asked = listed(std::string{"created_to="} + text + "&created_from=" + text);
    EXPECT_TRUE(is_set(asked.created_to)) << text;
    EXPECT_TRUE(is_set(asked.created_from)) << text;
    EXPECT_LT(asked.created_to, time_point{1ms}) << text;
  }
}

TEST(ListQuery, RefusesByName) {
  EXPECT_EQ(not_listed("colour=red"), "unknown parameter 'colour'");
  EXPECT_EQ(not_listed("limit=5&limit=6"), "limit stands there twice");
  EXPECT_THAT(not_listed("status=done"), HasSubstr("status must be prepared, submitted"));
  EXPECT_THAT(not_listed("type=soga"), HasSubstr("type must be saga"));
  EXPECT_THAT(not_listed("stuck=1"), HasSubstr("stuck must be true or false"));
  for (const char* const limit : {"0", "1001", "-1", "x", "", "5x"}) {
    EXPECT_THAT(not_listed(std::string{"limit="} + limit), HasSubstr("limit must be a number from 1 to 1000"));
  }
  for (const char* const moment :
       {"yesterday", "-5", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-22", "2026-11-22T24:00:00Z",
        "2026-11-22T12:00:00", "2026-11-22T12:00:00.Z", "9999-11-22T12:00:00Z", "2026-11-22T12:00:00Zz", ""}) {
    EXPECT_THAT(not_listed(std::string{"created_from="} + moment), HasSubstr("created_from must be a time")) << moment;
  }
  EXPECT_THAT(not_listed("destination="), HasSubstr("destination"));
  EXPECT_THAT(not_listed("gid_prefix=" + std::string(129, 'x')), HasSubstr("gid_prefix"));
}

TEST(WaitQuery, TakesUnitsAndSeconds) {
  EXPECT_EQ(*parse_wait_query(""), 30s);
  EXPECT_EQ(*parse_wait_query("timeout=1500ms"), 1500ms);
  EXPECT_EQ(*parse_wait_query("timeout=7s"), 7s);
  EXPECT_EQ(*parse_wait_query("timeout=5m"), 5min);
  EXPECT_EQ(*parse_wait_query("timeout=12"), 12s);
  EXPECT_EQ(*parse_wait_query("timeout=0"), 0s);
  for (const char* const span : {"301", "6m", "-1", "", "s", "1h", "9999999999999999999999", "99999999999999m"}) {
    const auto read = parse_wait_query(std::string{"timeout="} + span);
    ASSERT_FALSE(read) << span;
    EXPECT_THAT(read.error().detail, HasSubstr("timeout must be at most 5m"));
  }
  EXPECT_FALSE(parse_wait_query("time=1"));
}

TEST(OperatorNote, NeedsAnActorAndAReason) {
  const auto note = parse_operator_note(R"({"actor":"ann","reason":"the bank has booked it"})");
  ASSERT_TRUE(note);
  EXPECT_EQ(*note, (operator_note{"ann", "the bank has booked it"}));
  EXPECT_THAT(no_note(R"({"reason":"r"})"), HasSubstr("actor is needed"));
  EXPECT_THAT(no_note(R"({"actor":" ","reason":"r"})"), HasSubstr("actor is needed"));
  EXPECT_THAT(no_note(R"({"actor":"a","reason":""})"), HasSubstr("reason is needed"));
  EXPECT_THAT(no_note(R"({"actor":7,"reason":"r"})"), HasSubstr("'actor' must be a string"));
  EXPECT_THAT(no_note(R"({"actor":null,"reason":"r"})"), HasSubstr("'actor' must be a string"));
  EXPECT_THAT(no_note(R"({"actor":"a","reason":"r","why":"x"})"), HasSubstr("unknown member 'why'"));
  EXPECT_THAT(no_note(R"({"actor":"a","actor":"b","reason":"r"})"), HasSubstr("actor stands there twice"));
  EXPECT_THAT(no_note(R"({"actor":")" + std::string(129, 'a') + R"(","reason":"r"})"), HasSubstr("at most 128"));
  EXPECT_THAT(no_note(R"({"actor":"a","reason":")" + std::string(257, 'a') + R"("})"), HasSubstr("at most 256"));
  EXPECT_THAT(no_note("[]"), HasSubstr("the body must be a JSON object"));
  EXPECT_FALSE(parse_operator_note(""));
}

TEST(RetryMany, TakesTheListsFilters) {
  const auto asked = retried(
      R"({"actor":"ann","reason":"the bank is back","limit":9,"cursor":"0a","filter":{"status":"submitted","type":"msg",)"
      R"("created_from":1000,"created_to":"2026-11-22T12:00:00Z","gid_prefix":"o","stuck":true,"destination":"bank:1"}})");
  EXPECT_EQ(asked.by.actor, "ann");
  EXPECT_EQ(asked.what.status, txn_status::submitted);
  EXPECT_EQ(asked.what.type, trans_type::msg);
  EXPECT_EQ(asked.what.created_from, time_point{1s});
  EXPECT_EQ(asked.what.gid_prefix, "o");
  EXPECT_EQ(asked.what.stuck, true);
  EXPECT_EQ(asked.what.destination, "bank:1");
  EXPECT_EQ(asked.what.limit, 9U);
  EXPECT_EQ(asked.what.position, "0a");
}

// Everything at once is asked for by its name, not by what was forgotten.
TEST(RetryMany, NeedsAWordForEverything) {
  EXPECT_THAT(not_retried(R"({"actor":"a","reason":"r"})"), HasSubstr("\"all\": true"));
  EXPECT_THAT(not_retried(R"({"actor":"a","reason":"r","filter":{}})"), HasSubstr("\"all\": true"));
  EXPECT_THAT(not_retried(R"({"actor":"a","reason":"r","filter":{},"all":false})"), HasSubstr("\"all\": true"));
  EXPECT_THAT(not_retried(R"({"actor":"a","reason":"r","filter":{"stuck":true},"all":true})"), HasSubstr("contradict"));
  EXPECT_EQ(retried(R"({"actor":"a","reason":"r","all":true})").what.limit, 50U);
}

TEST(RetryMany, RefusesByName) {
  EXPECT_THAT(not_retried(R"({"filter":{"stuck":true}})"), HasSubstr("actor is needed"));
  EXPECT_THAT(not_retried(R"({"actor":"a","reason":"r","filter":{"stuck":"true"}})"),
              HasSubstr("'stuck' must be a bool"));
  EXPECT_THAT(not_retried(R"({"actor":"a","reason":"r","filter":{"limit":3}})"), HasSubstr("filter.limit"));
  EXPECT_THAT(not_retried(R"({"actor":"a","reason":"r","filter":[]})"), HasSubstr("filter must be a JSON object"));
  EXPECT_THAT(not_retried(R"({"actor":"a","reason":"r","all":true,"limit":1001})"), HasSubstr("limit"));
  EXPECT_THAT(not_retried(R"({"actor":"a","reason":"r","all":"yes"})"), HasSubstr("'all' must be a boolean"));
}

}  // namespace
}  // namespace treaty
