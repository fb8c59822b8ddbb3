#include "core/model/status.hpp"

#include <gtest/gtest.h>

#include <string>

namespace treaty {
namespace {

template <class Range>
std::string joined(const Range& all) {
  std::string text;
  for (const auto one : all) text += (text.empty() ? "" : " ") + std::string{to_string(one)};
  return text;
}

// Clients compare these texts, byte for byte.
TEST(StatusTexts, AreTheProtocols) {
  EXPECT_EQ(joined(all_trans_types), "saga tcc xa msg workflow");
  EXPECT_EQ(joined(all_txn_statuses), "prepared submitted aborting succeed failed");
  EXPECT_EQ(joined(std::array{leg_status::prepared, leg_status::succeed, leg_status::failed}),
            "prepared succeed failed");
  EXPECT_EQ(joined(all_branch_ops), "action compensate try confirm cancel commit rollback msg named");
  EXPECT_EQ(joined(all_call_outcomes), "success failure ongoing unknown");
  EXPECT_EQ(joined(std::array{branch_protocol::http, branch_protocol::grpc, branch_protocol::json_rpc}),
            "http grpc json-rpc");
}

// Whatever is written as text is understood again.
TEST(StatusTexts, AreReadBack) {
  for (const trans_type one : all_trans_types) EXPECT_EQ(parse_trans_type(to_string(one)), one);
  for (const txn_status one : all_txn_statuses) EXPECT_EQ(parse_txn_status(to_string(one)), one);
  for (const branch_op one : all_branch_ops) EXPECT_EQ(parse_branch_op(to_string(one)), one);
  EXPECT_EQ(parse_branch_protocol("json-rpc"), branch_protocol::json_rpc);
}

// A client that names no protocol means HTTP; one that names an unknown type means a mistake.
TEST(StatusTexts, AreExact) {
  EXPECT_EQ(parse_branch_protocol(""), branch_protocol::http);
  EXPECT_EQ(parse_branch_protocol("carrier pigeon"), std::nullopt);
  EXPECT_EQ(parse_trans_type("Saga"), std::nullopt);
  EXPECT_EQ(parse_trans_type(""), std::nullopt);
  EXPECT_EQ(parse_txn_status("succeeded"), std::nullopt);
}

// Stored as numbers: a renumbering would turn a stored success into something else.
TEST(StatusNumbers, AreTheStoredOnes) {
  EXPECT_EQ(static_cast<int>(txn_status::prepared), 1);
  EXPECT_EQ(static_cast<int>(txn_status::submitted), 2);
  EXPECT_EQ(static_cast<int>(txn_status::aborting), 3);
  EXPECT_EQ(static_cast<int>(txn_status::succeed), 4);
  EXPECT_EQ(static_cast<int>(txn_status::failed), 5);
  EXPECT_EQ(static_cast<int>(leg_status::failed), 3);
  EXPECT_EQ(static_cast<int>(branch_op::named), 9);
  EXPECT_TRUE(is_final(txn_status::succeed) && is_final(txn_status::failed));
  EXPECT_FALSE(is_final(txn_status::prepared) || is_final(txn_status::submitted) || is_final(txn_status::aborting));
}

}  // namespace
}  // namespace treaty
