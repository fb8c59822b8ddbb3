#include "app/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "obs/version.hpp"

namespace treaty {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(CommandLine, TakesTheConfigFileInEveryFormThatDtmDoes) {
  for (const auto& arguments :
       {std::vector<std::string>{"-c", "a.yml"}, {"-c=a.yml"}, {"--config", "a.yml"}, {"--config=a.yml"}}) {
    const command_line line = parse_command_line(arguments);
    EXPECT_EQ(line.what, command::run);
    EXPECT_EQ(line.config_file, "a.yml");
  }
}

TEST(CommandLine, RunsWithoutArguments) {
  const command_line line = parse_command_line({});
  EXPECT_EQ(line.what, command::run);
  EXPECT_THAT(line.config_file, IsEmpty());
  EXPECT_FALSE(line.debug);
}

TEST(CommandLine, TakesDebugAndPortsFile) {
  const command_line line = parse_command_line({"-d", "--ports-file", "p.json"});
  EXPECT_TRUE(line.debug);
  EXPECT_EQ(line.ports_file, "p.json");
}

TEST(CommandLine, PrintsItsVersion) {
  for (const char* const flag : {"-v", "--version"}) {
    const command_line line = parse_command_line({flag});
    EXPECT_EQ(line.what, command::leave);
    EXPECT_EQ(line.exit_code, 0);
    EXPECT_THAT(line.out, HasSubstr(std::string{version()}));
  }
}

TEST(CommandLine, HelpNamesEveryFlagAndOption) {
  const command_line line = parse_command_line({"--help"});
  EXPECT_EQ(line.exit_code, 0);
  for (const char* const word :
       {"--check-config", "--ports-file", "-c", "-d", "Store.Path, STORE_PATH (./treaty-data)"}) {
    EXPECT_THAT(line.out, HasSubstr(word));
  }
}

// Scripts around DTM rely on these codes.
TEST(CommandLine, UnknownFlagsAreUsageErrorsAndPositionalArgumentsShowUsage) {
  const command_line unknown = parse_command_line({"--nosuch"});
  EXPECT_EQ(unknown.what, command::leave);
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("--nosuch"));
  const command_line positional = parse_command_line({"start"});
  EXPECT_EQ(positional.what, command::leave);
  EXPECT_EQ(positional.exit_code, 0);
  EXPECT_THAT(positional.err, HasSubstr("Usage"));
}

// -r would delete unfinished transactions: nobody may do that by a slip of one letter.
TEST(CommandLine, ResetIsRefusedAndSaysHowToDoIt) {
  const command_line line = parse_command_line({"-r"});
  EXPECT_EQ(line.what, command::leave);
  EXPECT_EQ(line.exit_code, 2);
  EXPECT_THAT(line.err, HasSubstr("remove the directory"));
}

TEST(CommandLine, ChecksTheConfig) {
  EXPECT_EQ(parse_command_line({"--check-config", "-c", "a.yml"}).what, command::check_config);
}

}  // namespace
}  // namespace treaty
