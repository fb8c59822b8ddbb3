// Bodies come from strangers. Whatever they do to a good one, the parsers answer, and keep their promises.

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "net/wire/json_writer.hpp"
#include "net/wire/trans_body.hpp"

namespace treaty {
namespace {

constexpr std::array seeds{
    std::string_view{R"({"gid":"g1","trans_type":"saga","steps":[{"action":"http://b/a","compensate":"http://b/c"},)"
                     R"({"action":"x","compensate":"","data":"{}"}],"payloads":["{\"amount\":30}"],"protocol":"http",)"
                     R"("custom_data":"{\"concurrent\":true,\"orders\":{\"1\":[0]}}","wait_result":true,)"
                     R"("branch_headers":{"a":"b"},"retry_limit":3,"timeout_to_fail":10})"},
    std::string_view{R"({"gid":"g","trans_type":"tcc","custom_data":null,"passthrough_headers":[]})"},
    std::string_view{R"([{"action":"\u00e9\ud83d\ude00"},null,1e9,-0.5,true])"},
};

class mutator {
public:
  explicit mutator(std::uint32_t seed) : random_{seed} {}

  std::string mutate(std::string_view seed) {
    std::string out{seed};
    for (std::size_t edits = 1 + below(4); edits > 0 && !out.empty(); --edits) edit(out);
    return out;
  }

private:
  void edit(std::string& text) {
    static constexpr std::string_view telling = "{}[]\",:\\\0\x7F\xFFnull0123456789-+.eE";
    const std::size_t place = below(text.size());
    const std::size_t length = below(std::min<std::size_t>(text.size() - place, 24) + 1);
    switch (below(5)) {
      case 0:
        text[place] = telling[below(telling.size())];
        return;
      case 1:
        text.erase(place, length);
        return;
      case 2:
        text.insert(place, text.substr(below(text.size()), length));
        return;
      case 3:
        text.resize(place);
        return;
      case 4:
        text[place] = static_cast<char>(below(256));
        return;
    }
  }
  std::size_t below(std::size_t end) { return end == 0 ? 0 : random_() % end; }

  std::mt19937 random_;
};

class Mutations : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(Mutations, EitherMakeAUsableDefinitionOrSayWhyNot) {
  mutator strange{GetParam()};
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = strange.mutate(seeds[static_cast<std::size_t>(round) % seeds.size()]);
    auto body = parse_trans_body(text);
    if (!body) {
      ASSERT_FALSE(body.error().detail.empty()) << text;
      continue;
    }
    const auto definition = make_definition(*std::move(body));
    if (!definition) {
      ASSERT_FALSE(definition.error().detail.empty()) << text;
      continue;
    }
    const txn_definition& made = **definition;
    ASSERT_FALSE(made.gid.empty()) << text;
    ASSERT_LE(made.gid.value.size(), gid_length_max);
    ASSERT_EQ(made.payloads.size(), made.steps.size()) << text;
    for (const auto& [step, before] : made.saga.orders) ASSERT_LT(step, made.steps.size()) << text;
  }
}

// What the writer makes of any bytes is JSON that the reader takes back.
TEST_P(Mutations, AreWrittenAsTextThatCanBeReadAgain) {
  mutator strange{GetParam()};
  for (int round = 0; round < 5'000; ++round) {
    std::string json;
    json_object object{json};
    object.text("rollback_reason", strange.mutate(seeds[0]));
    object.close();
    ASSERT_TRUE(parse_trans_body(json)) << json;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Mutations, ::testing::Values(1, 2, 3));

}  // namespace
}  // namespace treaty
