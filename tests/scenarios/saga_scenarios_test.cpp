#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <fstream>

#include "tests/scenarios/saga_stage.hpp"
#include "tests/scenarios/transcript.hpp"

// Every file of tests/scenarios/saga is a test. TREATY_REWRITE=1 writes what was seen into the files: read the
// difference before you keep it.
namespace treaty::scenarios {
namespace {

const std::filesystem::path folder = std::filesystem::path{TREATY_SOURCE_DIR} / "tests/scenarios/saga";

class SagaScenario : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(SagaScenario, GoesAsWritten) {
  const std::string written = read_text(GetParam());
  transcript script = parse_transcript(written);
  ASSERT_FALSE(script.blocks.empty());
  saga_stage stage;
  for (block& part : script.blocks) {
    part.expected.clear();
    for (const std::string& line : part.commands) {
      for (std::string& seen : stage.play(line)) part.expected.push_back(std::move(seen));
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

INSTANTIATE_TEST_SUITE_P(Files, SagaScenario, testing::ValuesIn(transcripts_in(folder)), name_of);

// A folder that was not found would pass every test it does not hold.
TEST(SagaScenarios, AreAllThere) {
  EXPECT_GE(transcripts_in(folder).size(), 30u);
}

}  // namespace
}  // namespace treaty::scenarios
