#include "net/wire/json_writer.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace treaty {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_text(out, text);
  return out;
}

// Clients compare answers with what the Go server sent them, so the escapes are the same.
TEST(JsonText, EscapesWhatGosEncoderEscapes) {
  EXPECT_EQ(quoted("a<b>&c"), R"("a\u003cb\u003e\u0026c")");
  EXPECT_EQ(quoted("\"\\\n\r\t"), R"("\"\\\n\r\t")");
  EXPECT_EQ(quoted(std::string_view{"\0\x01\x1f\x7f", 4}), "\"\\u0000\\u0001\\u001f\x7f\"");
  EXPECT_EQ(quoted("\xE2\x80\xA8 \xE2\x80\xA9"), R"("\u2028 \u2029")");
  EXPECT_EQ(quoted("/'"), R"("/'")");
}

TEST(JsonText, LeavesOtherCharactersAsTheyAre) {
  EXPECT_EQ(quoted("\xC3\xA9 \xE4\xB8\xAD \xF0\x9F\x98\x80"), "\"\xC3\xA9 \xE4\xB8\xAD \xF0\x9F\x98\x80\"");
  EXPECT_EQ(quoted(""), "\"\"");
}

// A participant's answer may hold any bytes and still ends in our JSON: one replacement for each byte, as Go does.
TEST(JsonText, ReplacesEachByteThatIsNotUtf8) {
  EXPECT_EQ(quoted("a\xFFz"), R"("a\ufffdz")");
  EXPECT_EQ(quoted("\xC0\xAF"), R"("\ufffd\ufffd")") << "overlong";
  EXPECT_EQ(quoted("\xED\xA0\x80"), R"("\ufffd\ufffd\ufffd")") << "surrogate";
  EXPECT_EQ(quoted("\xE4\xB8"), R"("\ufffd\ufffd")") << "cut off";
  EXPECT_EQ(quoted("\xF4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")") << "beyond the last character";
  EXPECT_EQ(quoted("\xE4<"), R"("\ufffd\u003c")");
}

TEST(JsonObject, WritesMembersInTheOrderOfTheCalls) {
  std::string out = "x";
  json_object object{out};
  object.text("a", "1");
  object.number("b", std::numeric_limits<std::int64_t>::min());
  object.flag("c", false);
  object.text_unless_empty("d", "");
  object.number_unless_zero("e", 0);
  object.flag_if_set("f", false);
  object.member("g") += "[]";
  object.close();
  EXPECT_EQ(out, R"(x{"a":"1","b":-9223372036854775808,"c":false,"g":[]})");
}

TEST(JsonObject, MayBeEmpty) {
  std::string out;
  json_object{out}.close();
  EXPECT_EQ(out, "{}");
}

}  // namespace
}  // namespace treaty
