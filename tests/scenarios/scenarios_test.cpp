#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <fstream>

#include "tests/scenarios/stage.hpp"
#include "tests/scenarios/transcript.hpp"

// Every file of a folder of tests/scenarios is a test. TREATY_REWRITE=1 writes what was seen into the files: read the
// difference before you keep it.
namespace treaty::scenarios {
namespace {

std::filesystem::path folder(std::string_view type) {
  return std::filesystem::path{TREATY_SOURCE_DIR} / "tests/scenarios" / type;
}

class Scenario : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Scenario, GoesAsWritten) {
  const std::string written = read_text(GetParam());
  transcript script = parse_transcript(written);
  ASSERT_FALSE(script.blocks.empty());
  stage played;
  for (block& part : script.blocks) {
    part.expected.clear();
    for (const std::string& line : part.commands) {
      for (std::string& seen : played.play(line)) part.expected.push_back(std::move(seen));
    }
  }
  if (std::getenv("TREATY_REWRITE") != nullptr) {
    std::ofstream{GetParam()} << to_text(script);
    return;
  }
  EXPECT_EQ(to_text(script), written) << "run with TREATY_REWRITE=1 to take over what was seen";
}

std::string name_of(const testing::TestParamInfo<std::filesystem::path>& one) {
  std::string name = one.param.stem().string();
  for (char& letter : name) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Saga, Scenario, testing::ValuesIn(transcripts_in(folder("saga"))), name_of);
INSTANTIATE_TEST_SUITE_P(Tcc, Scenario, testing::ValuesIn(transcripts_in(folder("tcc"))), name_of);
INSTANTIATE_TEST_SUITE_P(Xa, Scenario, testing::ValuesIn(transcripts_in(folder("xa"))), name_of);
INSTANTIATE_TEST_SUITE_P(Msg, Scenario, testing::ValuesIn(transcripts_in(folder("msg"))), name_of);
INSTANTIATE_TEST_SUITE_P(Workflow, Scenario, testing::ValuesIn(transcripts_in(folder("workflow"))), name_of);

// A folder that was not found would pass every test it does not hold.
TEST(Scenarios, AreAllThere) {
  EXPECT_GE(transcripts_in(folder("saga")).size(), 30u);
  for (const char* type : {"tcc", "xa", "msg", "workflow"}) EXPECT_GE(transcripts_in(folder(type)).size(), 8u) << type;
}

}  // namespace
}  // namespace treaty::scenarios
