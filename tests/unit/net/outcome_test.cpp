#include "net/outcome.hpp"

#include <gtest/gtest.h>

namespace treaty {
namespace {

struct http_case {
  int status;
  std::string_view body;
  call_outcome outcome;
};

// The table of docs/protocol.md, "Outcomes": the words count before the status, ONGOING before FAILURE.
TEST(HttpOutcome, WordsCountBeforeTheStatusAndOngoingBeforeFailure) {
  const http_case cases[] = {
      {200, "", call_outcome::success},
      {200, R"({"dtm_result":"SUCCESS"})", call_outcome::success},
      {200, "we saw a FAILURE once", call_outcome::failure},
      {200, "ONGOING", call_outcome::ongoing},
      {200, "FAILURE, still ONGOING", call_outcome::ongoing},
      {201, "created", call_outcome::unknown},
      {204, "", call_outcome::unknown},
      {302, "", call_outcome::unknown},
      {404, "404 page not found", call_outcome::unknown},
      {409, "", call_outcome::failure},
      {409, "ONGOING", call_outcome::ongoing},
      {425, "", call_outcome::ongoing},
      {425, "FAILURE", call_outcome::ongoing},
      {500, "boom", call_outcome::unknown},
      {500, "a FAILURE of the heart", call_outcome::failure},
      {500, "failure", call_outcome::unknown},
  };
  for (const http_case& one : cases)
    EXPECT_EQ(judge_http(one.status, one.body).outcome, one.outcome) << one.status << ' ' << one.body;
}

TEST(HttpOutcome, DetailIsWhatTheParticipantSaid) {
  EXPECT_EQ(judge_http(409, "no money").detail, "no money");
  EXPECT_EQ(judge_http(500, "boom").detail, "boom");
  EXPECT_EQ(judge_http(502, "").detail, "HTTP status 502 with an empty body");
  EXPECT_EQ(judge_http(409, "").detail, "");
}

TEST(GrpcOutcome, OnlyAbortedAndFailedPreconditionAreSpecial) {
  EXPECT_EQ(judge_grpc(0, "").outcome, call_outcome::success);
  EXPECT_EQ(judge_grpc(10, "nomoney").outcome, call_outcome::failure);
  EXPECT_EQ(judge_grpc(10, "nomoney").detail, "nomoney");
  EXPECT_EQ(judge_grpc(10, "ONGOING").outcome, call_outcome::ongoing);
  EXPECT_EQ(judge_grpc(10, "ONGOING ").outcome, call_outcome::failure);
  EXPECT_EQ(judge_grpc(9, "later").outcome, call_outcome::ongoing);
  for (const int code : {1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, -1, 1000})
    EXPECT_EQ(judge_grpc(code, "FAILURE").outcome, call_outcome::unknown) << code;
  EXPECT_EQ(judge_grpc(13, "boom").detail, "rpc error: code = Internal desc = boom");
  EXPECT_EQ(judge_grpc(99, "boom").detail, "rpc error: code = Code(99) desc = boom");
}

// Details are stored in records and shown in JSON: neither may hold half a character.
TEST(ReplyDetail, IsCutBetweenCharactersAndAlwaysUtf8) {
  EXPECT_EQ(reply_detail(std::string(5000, 'x')).size(), reply_detail_bytes_max);
  const std::string euros = [] {
    std::string text = "x";
    for (int i = 0; i < 1000; ++i) text += "\xE2\x82\xAC";
    return text;
  }();
  EXPECT_EQ(reply_detail(euros), euros.substr(0, 1 + 341 * 3));
  EXPECT_EQ(reply_detail("a\xFF z"), "a\xEF\xBF\xBD z");
  EXPECT_EQ(reply_detail("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(reply_detail("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(reply_detail("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(reply_detail("\xF0\x9F\x98\x80"), "\xF0\x9F\x98\x80");
}

}  // namespace
}  // namespace treaty
