#include "net/wire/saga_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace treaty {
namespace {

using ::testing::HasSubstr;

saga_plan plan_of(std::string_view custom_data, std::size_t steps) {
  const auto plan = parse_saga_plan(custom_data, steps);
  EXPECT_TRUE(plan) << custom_data;
  return plan ? *plan : saga_plan{};
}

std::string refused(std::string_view custom_data, std::size_t steps) {
  const auto plan = parse_saga_plan(custom_data, steps);
  EXPECT_FALSE(plan) << custom_data;
  return plan ? std::string{} : plan.error().detail;
}

TEST(SagaPlan, IsSerialWhenNothingIsSaid) {
  EXPECT_EQ(plan_of("", 2), saga_plan{});
  EXPECT_EQ(plan_of("null", 2), saga_plan{});
  EXPECT_EQ(plan_of("{}", 2), saga_plan{});
  EXPECT_EQ(plan_of(R"({"concurrent":null,"orders":null})", 2), saga_plan{});
  EXPECT_EQ(plan_of(R"({"orders":{"0":null},"concurrent":true})", 2), (saga_plan{true, {{0, {}}}}));
}

TEST(SagaPlan, ReadsOrdersWithTextKeys) {
  EXPECT_EQ(plan_of(R"({"concurrent":true,"orders":{"2":[0,1],"1":[0]}})", 3),
            (saga_plan{true, {{1, {0}}, {2, {0, 1}}}}));
  EXPECT_EQ(plan_of(R"({"Concurrent":true,"ORDERS":{}})", 3), (saga_plan{true, {}}));
}

// PHP writes a map without entries, or with the keys 0, 1, .. in this order, as an array.
TEST(SagaPlan, ReadsOrdersThatArriveAsAnArray) {
  EXPECT_EQ(plan_of(R"({"concurrent":true,"orders":[]})", 2), (saga_plan{true, {}}));
  EXPECT_EQ(plan_of(R"({"concurrent":true,"orders":[[1],[],[0],[7]]})", 3),
            (saga_plan{true, {{0, {1}}, {1, {}}, {2, {0}}}}));
}

TEST(SagaPlan, DropsOrdersOfStepsThatDoNotExist) {
  EXPECT_EQ(plan_of(R"({"concurrent":true,"orders":{"7":[0],"-1":[1]}})", 2), (saga_plan{true, {}}));
}

TEST(SagaPlan, RefusesWhatCannotBeRead) {
  EXPECT_EQ(refused(R"({"orders":"1"})", 2),
            "custom_data of a saga is not usable: field 'orders' must be an object, not a string");
  EXPECT_THAT(refused(R"({"orders":[0]})", 2), HasSubstr("'orders{}' must be an array"));
  EXPECT_THAT(refused(R"({"concurrent":true,"orders":[[0]]})", 2), HasSubstr("circle"));
  EXPECT_THAT(refused("hello", 2), HasSubstr("invalid character 'h'"));
  EXPECT_THAT(refused("[]", 2), HasSubstr("must be a JSON object"));
  EXPECT_THAT(refused(R"({"concurrent":1})", 2), HasSubstr("'concurrent' must be a boolean"));
  EXPECT_THAT(refused(R"({"orders":{"a":[0]}})", 2), HasSubstr("key 'a'"));
  EXPECT_THAT(refused(R"({"orders":{"1":0}})", 2), HasSubstr("'orders{}' must be an array"));
  EXPECT_THAT(refused(R"({"orders":{"1":["0"]}})", 2), HasSubstr("must be a step number"));
  EXPECT_THAT(refused(R"({"orders":{"1":[5]}})", 2), HasSubstr("step 1 waits for step 5, and there are only 2"));
  EXPECT_THAT(refused(R"({"orders":{"1":[-1]}})", 2), HasSubstr("step 1 waits for step -1"));
}

// Such a saga would be stored, acknowledged, and never end.
TEST(SagaPlan, RefusesStepsThatWaitForEachOther) {
  EXPECT_THAT(refused(R"({"concurrent":true,"orders":{"0":[0]}})", 1), HasSubstr("circle"));
  EXPECT_THAT(refused(R"({"concurrent":true,"orders":{"0":[1],"1":[0]}})", 2), HasSubstr("circle"));
  EXPECT_THAT(refused(R"({"orders":{"0":[1]}})", 2), HasSubstr("circle")) << "serial: step 1 waits for step 0 anyway";
  EXPECT_TRUE(parse_saga_plan(R"({"concurrent":true,"orders":{"0":[1]}})", 2));
}

}  // namespace
}  // namespace treaty
