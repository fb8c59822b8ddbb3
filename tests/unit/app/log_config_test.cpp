#include "app/log_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace treaty {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(LogConfig, SplitsItsOutputsAtCommas) {
  config values;
  values.log_outputs = "stderr, /var/log/treaty.log";
  EXPECT_THAT(log_options_of(values)->outputs, ElementsAre("stderr", "/var/log/treaty.log"));
  values.log_outputs = "";
  EXPECT_THAT(log_options_of(values)->outputs, ElementsAre("stderr"));
}

TEST(LogConfig, TakesDtmsRotationKeys) {
  config values;
  values.log_rotation_enable = 1;
  values.log_rotation_config_json = R"({"maxsize":5,"maxbackups":3,"maxage":30,"compress":true,"localtime":true})";
  const auto options = log_options_of(values);
  ASSERT_TRUE(options && options->rotation);
  EXPECT_EQ(options->rotation->bytes, 5u << 20);
  EXPECT_EQ(options->rotation->files, 3u);
}

TEST(LogConfig, SaysWhatIsWrongWithTheRotation) {
  config values;
  values.log_rotation_enable = 1;
  for (const char* const text : {"", "[]", "{", R"({"maxsize":"big"})", R"({"maxsize":-1})"}) {
    values.log_rotation_config_json = text;
    const auto options = log_options_of(values);
    ASSERT_FALSE(options) << text;
    EXPECT_THAT(options.error().detail, HasSubstr("Log.RotationConfigJSON"));
  }
}

// Without rotation its text does not matter: DTM's sample carries one that nobody reads.
TEST(LogConfig, IgnoresTheRotationWhenItIsOff) {
  config values;
  values.log_rotation_config_json = "nonsense";
  EXPECT_FALSE(log_options_of(values)->rotation);
}

}  // namespace
}  // namespace treaty
