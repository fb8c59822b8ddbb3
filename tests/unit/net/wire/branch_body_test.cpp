#include "net/wire/branch_body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/wire/rpc_request.hpp"
#include "net/wire/text_encoding.hpp"

namespace treaty {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

result<register_requested> registered(std::string_view json) {
  auto body = parse_branch_body(json);
  if (!body) return body.error();
  return make_registration(*std::move(body));
}

std::string refused(std::string_view json) {
  const auto what = registered(json);
  EXPECT_FALSE(what) << json;
  return what ? std::string{} : what.error().detail;
}

/// "01 cancel http://c {}": one text for each row.
std::vector<std::string> rows(const result<register_requested>& what) {
  std::vector<std::string> out;
  if (!what) return {what.error().detail};
  for (const auto& one : what->branches) {
    const std::string op{one->op == branch_op::named ? std::string_view{one->op_name} : to_string(one->op)};
    out.push_back(one->id.value + " " + op + " " + one->url + " " + one->payload);
  }
  return out;
}

TEST(BranchBody, TccHasACancelRowAndThenAConfirmRow) {
  const auto tcc = registered(R"({"gid":"t1","trans_type":"tcc","branch_id":"01","data":"{\"n\":1}",)"
                              R"("confirm":"http://b/confirm","cancel":"http://b/cancel","status":"prepared"})");
  EXPECT_THAT(rows(tcc), ElementsAre(R"(01 cancel http://b/cancel {"n":1})", R"(01 confirm http://b/confirm {"n":1})"));
  EXPECT_EQ(tcc->status, leg_status::prepared);
  EXPECT_THAT(rows(registered(R"({"gid":"t1","trans_type":"tcc","branch_id":"03","confirm":"","cancel":null})")),
              ElementsAre("03 cancel  ", "03 confirm  "));
}

TEST(BranchBody, XaHasARollbackRowAndThenACommitRowWithoutPayload) {
  EXPECT_THAT(
      rows(registered(R"({"gid":"x1","trans_type":"xa","branch_id":"01","url":"http://b/xa","data":"ignored"})")),
      ElementsAre("01 rollback http://b/xa ", "01 commit http://b/xa "));
}

TEST(BranchBody, WorkflowHasTheRowThatItNames) {
  const auto known = registered(
      R"({"gid":"w","trans_type":"workflow","branch_id":"01","op":"action","status":"succeed","data":"res"})");
  EXPECT_THAT(rows(known), ElementsAre("01 action  res"));
  EXPECT_EQ(known->branches[0]->op, branch_op::action);
  EXPECT_EQ(known->status, leg_status::succeed);
  const auto named = registered(
      R"({"gid":"w","trans_type":"workflow","branch_id":"02","op":"my-op","status":"failed","data":"no","sync":"1"})");
  EXPECT_THAT(rows(named), ElementsAre("02 my-op  no"));
  EXPECT_EQ(named->branches[0]->op, branch_op::named);
  EXPECT_EQ(named->status, leg_status::failed);
  EXPECT_EQ(
      registered(R"({"trans_type":"workflow","branch_id":"1","op":"named","status":"failed"})")->branches[0]->op_name,
      "named");
}

TEST(BranchBody, RefusesWhatCouldNotBeKept) {
  EXPECT_EQ(refused(R"({"gid":"g","trans_type":"bad","branch_id":"01"})"), "unknow trans type: bad");
  EXPECT_EQ(refused(R"({"gid":"g","trans_type":"saga","branch_id":"01"})"), "unknow trans type: saga");
  EXPECT_EQ(refused("{}"), "unknow trans type: ");
  EXPECT_EQ(refused("null"), "unknow trans type: ");
  EXPECT_EQ(refused(R"({"gid":"g","trans_type":"tcc"})"), "a branch needs a branch_id");
  EXPECT_THAT(refused(R"({"gid":"g","trans_type":"tcc","branch_id":"01","confirm":"http://h:99999/"})"),
              HasSubstr("bad url"));
  EXPECT_THAT(refused(R"({"gid":"g","trans_type":"xa","branch_id":"01","url":"http://"})"), HasSubstr("bad url"));
  EXPECT_THAT(refused(R"({"trans_type":"tcc","branch_id":")" + std::string(1000, '1') + "\"}"), HasSubstr("longer"));
  EXPECT_EQ(refused(R"({"gid":"g","branch_id":1})"), "field 'branch_id' must be a string, not a number");
  EXPECT_EQ(refused(R"({"gid":"g","other":{}})"), "field 'other' must be a string, not an object");
  EXPECT_EQ(refused("[]"), "the body must be a JSON object");
  EXPECT_EQ(refused("hello"), "invalid character 'h' looking for beginning of value");
  EXPECT_THAT(refused(R"({"trans_type":"workflow","branch_id":"01","status":"succeed"})"), HasSubstr("op"));
  EXPECT_THAT(refused(R"({"trans_type":"workflow","branch_id":"01","op":"action","status":"x"})"),
              HasSubstr("succeed or failed, not 'x'"));
}

TEST(RpcRequest, ReadsTheEnvelopeAndShowsIt) {
  const auto request = parse_rpc_request(R"({"jsonrpc":"1.0","id":"x","method":"newGid","params":""})");
  ASSERT_TRUE(request);
  EXPECT_EQ(describe(*request), R"({"method":"newGid","jsonrpc":"1.0","params":"","id":"x"})");
  EXPECT_EQ(parse_rpc_request(R"({"params": { "gid" : "a\"b", "n":[1, 2] } })")->params, R"({"gid":"a\"b","n":[1,2]})");
  EXPECT_FALSE(parse_rpc_request(R"({"id":5})")) << "an id is a text";
  EXPECT_FALSE(parse_rpc_request("[]"));
  EXPECT_FALSE(parse_rpc_request(""));
}

TEST(Base64, IsReadBackOrRefused) {
  for (const std::string bytes : {"", "a", "ab", "abc", "abcd", "{\"a\":1}"}) {
    std::string text;
    append_base64(text, bytes);
    EXPECT_EQ(decode_base64(text), bytes);
  }
  EXPECT_EQ(decode_base64("YW\r\nJj"), "abc");
  for (const char* bad : {"a", "ab", "abc", "=", "====", "a===", "ab=c", "%%%%", "YWJj="}) {
    EXPECT_FALSE(decode_base64(bad)) << bad;
  }
}

}  // namespace
}  // namespace treaty
