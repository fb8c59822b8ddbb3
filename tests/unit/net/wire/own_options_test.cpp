#include "net/wire/own_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "net/wire/branch_body.hpp"
#include "net/wire/trans_body.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// Of a body with one member.
txn_options options_of(const std::string& member) {
  const auto body = parse_trans_body("{" + member + "}");
  EXPECT_TRUE(body) << member << ": " << (body ? "" : body.error().detail);
  return body ? body->options : txn_options{};
}

std::string refused(const std::string& member) {
  const auto body = parse_trans_body("{" + member + "}");
  EXPECT_FALSE(body) << member;
  return body ? std::string{} : body.error().detail;
}

std::chrono::seconds step_timeout(const std::string& value) {
  const auto body = parse_trans_body(R"({"steps":[{"action":"a","request_timeout":)" + value + "}]}");
  EXPECT_TRUE(body) << value << ": " << (body ? "" : body.error().detail);
  return body ? body->steps.front().request_timeout : 0s;
}

result<register_requested> registered(const std::string& value) {
  auto body = parse_branch_body(
      R"({"gid":"g","trans_type":"tcc","branch_id":"01","confirm":"c","cancel":"x","request_timeout":)" + value + "}");
  if (!body) return body.error();
  return make_registration(*std::move(body));
}

TEST(OwnOptions, AreTheServersWhenTheyAreAbsent) {
  const auto options = options_of(R"("gid":"g","retry_growth":null,"retry_jitter":null,"notify_url":null)");
  EXPECT_EQ(options.retry_interval_max, 0s);
  EXPECT_EQ(options.retry_growth_percent, 0U);
  EXPECT_FALSE(options.retry_jitter_percent);
  EXPECT_EQ(options.notify_url, "");
}

TEST(OwnOptions, AreRead) {
  EXPECT_EQ(options_of(R"("retry_interval_max":300)").retry_interval_max, 300s);
  EXPECT_EQ(options_of(R"("retry_growth":1.5)").retry_growth_percent, 150U);
  EXPECT_EQ(options_of(R"("retry_growth":2)").retry_growth_percent, 200U);
  EXPECT_EQ(options_of(R"("retry_jitter":0)").retry_jitter_percent, 0U);
  EXPECT_EQ(options_of(R"("Retry_Jitter":0.25)").retry_jitter_percent, 25U);
  EXPECT_EQ(options_of(R"("notify_url":"https://h/x")").notify_url, "https://h/x");
}

TEST(OwnOptions, AreRefusedByName) {
  EXPECT_THAT(refused(R"("retry_interval_max":-1)"), HasSubstr("'retry_interval_max' must not be negative"));
  EXPECT_THAT(refused(R"("retry_growth":0.5)"), HasSubstr("'retry_growth' must be from 1 to 100"));
  EXPECT_THAT(refused(R"("retry_growth":1e9)"), HasSubstr("'retry_growth' must be from 1 to 100"));
  EXPECT_THAT(refused(R"("retry_growth":"2")"), HasSubstr("'retry_growth' must be a number"));
  EXPECT_THAT(refused(R"("retry_jitter":1.1)"), HasSubstr("'retry_jitter' must be from 0 to 1"));
  EXPECT_THAT(refused(R"("retry_jitter":-0.1)"), HasSubstr("'retry_jitter' must be from 0 to 1"));
  EXPECT_THAT(refused(R"("notify_url":"ftp://h/x")"), HasSubstr("'notify_url'"));
  EXPECT_THAT(refused(R"("notify_url":"h:8080/x")"), HasSubstr("'notify_url'"));
  EXPECT_THAT(refused(R"("notify_url":"http://h/)" + std::string(2'048, 'x') + "\""), HasSubstr("longer than 2048"));
}

TEST(OwnOptions, GiveAStepATimeoutOfItsOwn) {
  EXPECT_EQ(step_timeout("7"), 7s);
  EXPECT_EQ(step_timeout(R"("7")"), 7s);
  EXPECT_EQ(step_timeout(R"("")"), 0s);
  EXPECT_EQ(step_timeout("null"), 0s);
  EXPECT_EQ(step_timeout(R"("99999999999999999999")"), span_max);
  for (const char* const value : {R"("x")", R"("-1")", R"("+1")", R"("1.5")", R"(" 1")", "-1", "1.5", "true", "[]"}) {
    const std::string member = std::string{R"("steps":[{"action":"a","request_timeout":)"} + value + "}]";
    EXPECT_THAT(refused(member), HasSubstr("'steps[].request_timeout'")) << value;
  }
}

TEST(OwnOptions, GiveARegisteredBranchATimeoutOfItsOwn) {
  for (const char* const value : {"7", R"("7")"}) {
    const auto both = registered(value);
    ASSERT_TRUE(both) << value;
    for (const auto& row : both->branches) EXPECT_EQ(row->request_timeout, 7s);
  }
  EXPECT_EQ((*registered("null")).branches[0]->request_timeout, 0s);
  for (const char* const value : {R"("x")", "-1", "1.5", "true"}) {
    const auto none = registered(value);
    ASSERT_FALSE(none) << value;
    EXPECT_THAT(none.error().detail, HasSubstr("'request_timeout'"));
  }
}

}  // namespace
}  // namespace treaty
