#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http2/grpc_answer.hpp"
#include "net/http2/request_headers.hpp"
#include "net/url_text.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;

TEST(GrpcMessage, IsPercentDecodedAndOtherwiseLeftAsItIs) {
  EXPECT_EQ(percent_decoded("a%20b%c3%A9"), "a b\xC3\xA9");
  EXPECT_EQ(percent_decoded("100% %zz %4"), "100% %zz %4");
  EXPECT_EQ(percent_decoded("%41"), "A");
  EXPECT_EQ(percent_decoded(""), "");
}

// grpc-go and Java refuse more than eight digits; none at all would be no limit.
TEST(GrpcTimeout, HasEightDigitsAtMostAndIsNeverZero) {
  EXPECT_EQ(grpc_timeout(3s), "3000m");
  EXPECT_EQ(grpc_timeout(-5ms), "1m");
  EXPECT_EQ(grpc_timeout(99'999'999ms), "99999999m");
  EXPECT_EQ(grpc_timeout(100'000'000ms), "100000S");
  EXPECT_EQ(grpc_timeout(std::chrono::hours{24 * 365 * 200}), "99999999S");
}

TEST(BinaryMetadata, IsBase64WithoutPadding) {
  EXPECT_EQ(base64_of(""), "");
  EXPECT_EQ(base64_of("f"), "Zg");
  EXPECT_EQ(base64_of("fo"), "Zm8");
  EXPECT_EQ(base64_of("foo"), "Zm9v");
  EXPECT_EQ(base64_of("\xFF\xFE\xFD\xFC"), "//79/A");
}

TEST(RequestHeaders, PutGrpcsOwnInFrontOfTheMetadata) {
  grpc_exchange what{nullptr};
  what.target = {"h:1", "/s.S/M"};
  what.authority = "h:1";
  what.deadline = std::chrono::steady_clock::time_point{} + 2s;
  what.metadata = {{"dtm-gid", "g1"}, {"x-bin", std::string{"\0\1", 2}}};
  const request_headers headers{what, "treaty/1", {}};
  std::string text;
  for (const request_header& one : headers.all()) text.append(one.name).append("=").append(one.value).append("\n");
  EXPECT_EQ(text,
            ":method=POST\n:scheme=http\n:path=/s.S/M\n:authority=h:1\nte=trailers\ncontent-type=application/grpc\n"
            "user-agent=treaty/1\ngrpc-timeout=2000m\ndtm-gid=g1\nx-bin=AAE\n");
}

// Messages may come in any pieces, several of them, or none with an error.
TEST(GrpcAnswer, IsWholeOnlyAtTheEndOfAMessage) {
  const std::string two{"\0\0\0\0\2ab\1\0\0\0\1c", 13};
  for (std::size_t cut = 0; cut <= two.size(); ++cut) {
    grpc_answer answer;
    EXPECT_TRUE(answer.header(":status", "200"));
    for (const char byte : two.substr(0, cut)) EXPECT_TRUE(answer.body({&byte, 1}));
    EXPECT_TRUE(answer.header("grpc-status", "0"));
    const bool is_whole = cut == 0 || cut == 7 || cut == 13;
    EXPECT_EQ(answer.status().code, is_whole ? 0 : grpc_internal) << cut;
  }
  grpc_answer refused;
  EXPECT_TRUE(refused.body("not framed at all"));
  EXPECT_TRUE(refused.header("grpc-status", "10"));
  EXPECT_EQ(refused.status().code, 10);
}

TEST(GrpcAnswer, IsBounded) {
  grpc_answer talkative;
  std::size_t taken = 0;
  while (talkative.header("name", std::string(1'000, 'x'))) taken += 1'000;
  EXPECT_LE(taken, grpc_answer::header_bytes_max);
  grpc_answer large;
  EXPECT_TRUE(large.body(std::string(grpc_answer::message_bytes_max, '\0')));
  EXPECT_FALSE(large.body("sixbyt"));
}

}  // namespace
}  // namespace treaty
