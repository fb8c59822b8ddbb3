#include "storage/rules.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace treaty {
namespace {

txn_record saga_of_two() {
  auto definition = std::make_shared<txn_definition>();
  definition->gid = gid{"g"};
  definition->steps = {{"http://a/1", "", {}}, {"http://a/2", "", {}}};
  definition->payloads = {"1", "2"};
  txn_record record;
  record.definition = std::move(definition);
  record.progress.revision = 1;
  record.progress.legs.resize(4);
  return record;
}

std::string complaint(const txn_record& record) {
  const auto whole = check_readable(record);
  if (whole) return "";
  EXPECT_EQ(whole.error().code, errc::corrupt);
  return whole.error().detail;
}

template <class Change>
std::string complaint_after(Change change) {
  txn_record record = saga_of_two();
  txn_definition definition = *record.definition;
  change(definition, record);
  record.definition = std::make_shared<const txn_definition>(std::move(definition));
  return complaint(record);
}

// Found by fuzzing: each part was readable, but together they made the process end where a leg's step was looked up.
TEST(ReadableRecords, HaveAsManyLegsAsTheirStepsOrBranchesMake) {
  EXPECT_EQ(complaint(saga_of_two()), "");
  EXPECT_EQ(complaint_after([](txn_definition&, txn_record& record) { record.progress.legs.resize(5); }),
            "has 5 legs; its steps make 4");
  EXPECT_EQ(complaint_after([](txn_definition& definition, txn_record&) { definition.type = trans_type::tcc; }),
            "has 4 legs; its branches make 0");
  EXPECT_EQ(complaint_after([](txn_definition&, txn_record& record) {
              record.branches.push_back(std::make_shared<const registered_branch>());
            }),
            "has branches beside its steps");
}

TEST(ReadableRecords, NameStepsAndPayloadsThatAreThere) {
  EXPECT_NE(complaint_after([](txn_definition& definition, txn_record&) { definition.payloads.pop_back(); }), "");
  EXPECT_NE(complaint_after([](txn_definition& definition, txn_record&) { definition.saga.orders[1] = {7}; }), "");
  EXPECT_NE(complaint_after([](txn_definition& definition, txn_record& record) {
              definition.type = trans_type::msg;
              definition.payloads.clear();
              record.progress.legs.resize(2);
            }),
            "");
}

TEST(ReadableRecords, LeaveRoomForWhatComesNext) {
  EXPECT_NE(complaint_after([](txn_definition&, txn_record& record) {
              record.progress.revision = std::numeric_limits<revision>::max();
            }),
            "");
  EXPECT_NE(
      complaint_after([](txn_definition& definition, txn_record&) { definition.create_time = time_point::max(); }), "");
}

}  // namespace
}  // namespace treaty
