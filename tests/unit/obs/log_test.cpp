#include "obs/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace treaty {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

struct scratch_folder {
  std::filesystem::path path;
  scratch_folder() {
    std::string name = std::filesystem::temp_directory_path() / "treaty-log-XXXXXX";
    path = mkdtemp(name.data());
  }
  ~scratch_folder() { std::filesystem::remove_all(path); }
};

std::string read_file(const std::filesystem::path& name) {
  std::ifstream file{name};
  return {std::istreambuf_iterator<char>{file}, {}};
}

TEST(LogText, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(render_text(log_level::warn, "store is slow", {{"path", "./data"}, {"why", "disk full"}, {"ms", 12}}),
            "WARN  store is slow path=./data why=\"disk full\" ms=12");
}

// A participant's answer must not be able to forge a second line.
TEST(LogText, KeepsAValueWithLineBreaksOnOneLine) {
  EXPECT_EQ(render_text(log_level::info, "m", {{"detail", "a\nINFO  forged"}}), R"(INFO  m detail="a\nINFO  forged")");
}

// Log collectors drop a whole line that is not valid JSON, whatever bytes a participant sent.
TEST(LogJson, IsValidJsonForAnyBytes) {
  const std::string bytes{"\xff\xc3(\xe4\xb8\xad\x00\x1b\"\\", 11};
  const auto parsed = nlohmann::json::parse(
      "{" + render_json(log_level::error, "odd", {{"bytes", bytes}, {"n", -1}, {"u", 7u}, {"ok", true}, {"x", 0.5}}) +
      "}");
  EXPECT_EQ(parsed["level"], "error");
  EXPECT_EQ(parsed["msg"], "odd");
  EXPECT_THAT(parsed["bytes"].get<std::string>(), HasSubstr("\xe4\xb8\xad"));
  EXPECT_EQ(parsed["n"], -1);
  EXPECT_EQ(parsed["u"], 7);
  EXPECT_EQ(parsed["ok"], true);
  EXPECT_EQ(parsed["x"], 0.5);
}

TEST(Logging, WritesJsonLinesFromTheGivenLevelToAFile) {
  const scratch_folder folder;
  const std::string file = folder.path / "treaty.log";
  {
    auto started = logging::start({.least = log_level::warn, .outputs = {file}, .rotation = std::nullopt});
    ASSERT_TRUE(started);
    EXPECT_FALSE(log_enabled(log_level::info));
    log_info("not this");
    log_warn("this", {{"gid", "g1"}});
  }
  const std::string written = read_file(file);
  EXPECT_THAT(written, Not(HasSubstr("not this")));
  const auto line = nlohmann::json::parse(written);
  EXPECT_EQ(line["msg"], "this");
  EXPECT_EQ(line["gid"], "g1");
  EXPECT_THAT(line["ts"].get<std::string>(), testing::MatchesRegex("....-..-..T..:..:..\\.......Z"));
}

TEST(Logging, RotatesFilesAndKeepsTheNumberAskedFor) {
  const scratch_folder folder;
  const std::string file = folder.path / "treaty.log";
  {
    auto started = logging::start({.least = log_level::info, .outputs = {file}, .rotation = log_rotation{1000, 2}});
    ASSERT_TRUE(started);
    for (int line = 0; line < 100; ++line) log_info("a line of a hundred bytes or so, to fill files", {{"line", line}});
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.path}, {}), 3);
  EXPECT_LE(std::filesystem::file_size(file), 1000u);
}

TEST(Logging, NamesTheOutputThatCannotBeOpened) {
  const auto started =
      logging::start({.least = log_level::info, .outputs = {"/dev/null/treaty.log"}, .rotation = std::nullopt});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().detail, HasSubstr("/dev/null/treaty.log"));
}

TEST(LogLimit, LetsOneLinePassEachIntervalAndCountsTheOthers) {
  log_limit limit{1s};
  const std::chrono::steady_clock::time_point start{100s};
  EXPECT_EQ(limit.admit(start), 0u);
  EXPECT_EQ(limit.admit(start + 10ms), std::nullopt);
  EXPECT_EQ(limit.admit(start + 900ms), std::nullopt);
  EXPECT_EQ(limit.admit(start + 1s), 2u);
}

}  // namespace
}  // namespace treaty
