#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "net/grpc/request_body.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::string refused(const dtmgimp::DtmRequest& request) {
  const auto body = body_of(request);
  EXPECT_FALSE(body) << request.ShortDebugString();
  return body ? std::string{} : body.error().detail;
}

TEST(GrpcOwnOptions, AreTheServersWhenTheyAreAbsent) {
  dtmgimp::DtmRequest request;
  request.mutable_transoptions()->set_retryinterval(7);
  const auto body = body_of(request);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->options, (txn_options{.retry_interval = 7s}));
}

TEST(GrpcOwnOptions, AreRead) {
  dtmgimp::DtmRequest request;
  auto& options = *request.mutable_transoptions();
  options.set_retryintervalmax(300);
  options.set_retrygrowth(1.5);
  options.set_retryjitter(0);
  options.set_notifyurl("http://h/x");
  request.set_steps(R"([{"action":"a/b","request_timeout":9}])");
  const auto body = body_of(request);
  ASSERT_TRUE(body) << body.error().detail;
  EXPECT_EQ(body->options.retry_interval_max, 300s);
  EXPECT_EQ(body->options.retry_growth_percent, 150U);
  EXPECT_EQ(body->options.retry_jitter_percent, 0U);
  EXPECT_EQ(body->options.notify_url, "http://h/x");
  EXPECT_EQ(body->steps.at(0).request_timeout, 9s);
}

TEST(GrpcOwnOptions, AreRefusedByName) {
  dtmgimp::DtmRequest request;
  request.mutable_transoptions()->set_retryintervalmax(-1);
  EXPECT_THAT(refused(request), HasSubstr("TransOptions.RetryIntervalMax"));
  request.Clear();
  request.mutable_transoptions()->set_retrygrowth(0.5);
  EXPECT_THAT(refused(request), HasSubstr("TransOptions.RetryGrowth"));
  request.Clear();
  request.mutable_transoptions()->set_retryjitter(1.5);
  EXPECT_THAT(refused(request), HasSubstr("TransOptions.RetryJitter"));
  request.Clear();
  request.mutable_transoptions()->set_notifyurl("nowhere");
  EXPECT_THAT(refused(request), HasSubstr("TransOptions.NotifyUrl"));
}

// What is not a number must not become a factor.
TEST(GrpcOwnOptions, RefuseWhatIsNotANumber) {
  dtmgimp::DtmRequest request;
  request.mutable_transoptions()->set_retrygrowth(std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(refused(request), HasSubstr("TransOptions.RetryGrowth"));
}

TEST(GrpcOwnOptions, GiveARegisteredBranchATimeoutOfItsOwn) {
  dtmgimp::DtmBranchRequest request;
  request.set_gid("g");
  request.set_transtype("xa");
  request.set_branchid("01");
  (*request.mutable_data())["url"] = "h:1/S/M";
  (*request.mutable_data())["request_timeout"] = "9";
  const auto rows = make_registration(body_of(request));
  ASSERT_TRUE(rows) << rows.error().detail;
  for (const auto& row : rows->branches) EXPECT_EQ(row->request_timeout, 9s);
}

}  // namespace
}  // namespace treaty
