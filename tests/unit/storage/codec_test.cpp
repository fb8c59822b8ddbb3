#include "storage/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <random>

#include "storage/keys.hpp"
#include "tests/kit/store_kit.hpp"

namespace treaty {
namespace {

using kit::moment;
using testing::HasSubstr;

// Every field that format 1 of the store knew away from its default, with bytes that are not text.

txn_definition full_definition() {
  txn_definition full;
  full.gid = gid{"gid-of-a-full-definition"};
  full.type = trans_type::workflow;
  full.protocol = branch_protocol::json_rpc;
  full.steps = {{"http://a/action", "http://a/compensate"}, {"", ""}};
  full.payloads = {"{\"amount\":30}", std::string("\0\xff\x80", 3), ""};
  full.query_prepared = "http://a/query";
  full.custom_data = "{\"concurrent\":true,\"orders\":{\"1\":[0]}}";
  full.saga.concurrent = true;
  full.saga.orders = {{1, {0}}, {7, {0, 1, 300}}};
  full.options.wait_result = true;
  full.options.timeout_to_fail = std::chrono::seconds{35};
  full.options.request_timeout = std::chrono::seconds{3};
  full.options.retry_interval = std::chrono::seconds{-1};
  full.options.branch_headers = {{"x-b", "2"}, {"x-a", "1"}};
  full.options.concurrent = true;
  full.options.retry_limit = 5;
  full.options.retry_count = 2;
  full.create_time = moment(1);
  return full;
}

txn_progress full_progress() {
  txn_progress full;
  full.revision = 0x0102030405060708;
  full.status = txn_status::aborting;
  full.update_time = moment(2);
  full.finish_time = moment(3);
  full.rollback_time = moment(4);
  full.rollback_reason = "step 2 refused";
  full.result = "cmVzdWx0";
  full.retries_used = 3;
  full.next_cron_interval = std::chrono::milliseconds{20'000};
  full.next_cron_time = moment(20'000);
  full.last_error = "503 from http://a";
  full.due = moment(20'001);
  full.legs.resize(4);
  full.legs[1] = {leg_status::succeed, 0, 0, std::chrono::milliseconds{0}, {}, moment(2), moment(2)};
  full.legs[3] = {leg_status::failed, 4, 0, std::chrono::milliseconds{40}, moment(9), moment(3), moment(3)};
  return full;
}

txn_progress fresh_progress() {
  txn_progress fresh;
  fresh.revision = 1;
  fresh.status = txn_status::submitted;
  fresh.update_time = moment(1);
  fresh.due = moment(10'001);
  fresh.legs.resize(4);
  return fresh;
}

registered_branch full_branch() {
  registered_branch full;
  full.id = branch_id{"0203"};
  full.op = branch_op::named;
  full.op_name = "book hotel";
  full.url = "http://a/hotel";
  full.payload = std::string("\0\xfe", 2);
  full.create_time = moment(8);
  return full;
}

// The same with what format 2 has added.

txn_definition fuller_definition() {
  txn_definition fuller = full_definition();
  fuller.steps[0].id = branch_id{"topic-02"};
  fuller.steps[1].request_timeout = std::chrono::seconds{4};
  fuller.delay = std::chrono::seconds{6};
  fuller.options.retry_interval_max = std::chrono::seconds{300};
  fuller.options.retry_growth_percent = 150;
  fuller.options.retry_jitter_percent = 0;  // which is not the same as none
  fuller.options.notify_url = "http://a/ended";
  return fuller;
}

txn_progress fuller_progress() {
  txn_progress fuller = full_progress();
  fuller.stuck = true;
  fuller.history_pages = 5;
  fuller.watch.attempts = 2;
  fuller.watch.failures = 1;
  fuller.watch.interval = std::chrono::milliseconds{30};
  fuller.watch.due = moment(40);
  fuller.legs[3].failures = 3;
  return fuller;
}

registered_branch fuller_branch() {
  registered_branch fuller = full_branch();
  fuller.request_timeout = std::chrono::seconds{7};
  return fuller;
}

/// As a saga of two steps writes it with its end.
history_page short_history() {
  history_page page;
  page.entries.resize(3);
  page.entries[0] = {
      .at = moment(2), .outcome = call_outcome::success, .leg = 1, .took = std::chrono::microseconds{900}};
  page.entries[1] = {
      .at = moment(3), .outcome = call_outcome::success, .leg = 3, .took = std::chrono::microseconds{800}};
  page.entries[2] = {
      .at = moment(3), .kind = history_kind::decided, .from = txn_status::submitted, .to = txn_status::succeed};
  return page;
}

history_page full_history() {
  history_page page{300, 17, 2, {}};
  page.entries.push_back({.at = moment(5),
                          .kind = history_kind::operated,
                          .action = operator_action::skip,
                          .leg = 3,
                          .actor = "mara",
                          .text = std::string("\0\xff not text", 11)});
  page.entries.push_back(
      {.at = moment(4), .kind = history_kind::asked, .outcome = call_outcome::ongoing, .text = "425"});
  page.entries.push_back({.at = moment(6), .kind = history_kind::registered, .leg = 20'000});
  page.entries.push_back({.at = time_point::min(), .took = duration::max()});
  page.entries.push_back({.at = time_point::max(), .took = duration::min()});
  return page;
}

const codec::timeline_entry finished_entry{txn_status::succeed, trans_type::msg, moment(9), gid{"g"}};
const codec::timeline_entry stuck_entry{txn_status::aborting, trans_type::saga, {}, gid{"g"}, true};
const kv_record kv_topic{"topics", "t1", R"([{"url":"u","remark":""}])", 3, moment(2), moment(6)};
const codec::ended_entry ended_entry{moment(9), gid{"g"}};
const codec::gid_entry gid_entry{258, moment(4)};
const codec::due_value due_value{moment(4), gid{"g"}};
const codec::due_value stuck_due_value{moment(4), gid{"g"}, true};

template <class Encode, class... Args>
std::string encoded(Encode encode, const Args&... args) {
  std::string bytes = "what was there before";
  encode(args..., bytes);
  return bytes;
}

std::string read_golden(const std::string& name) {
  std::ifstream file{std::string{TREATY_SOURCE_DIR} + "/tests/data/storage/" + name + ".hex"};
  std::string hex;
  for (std::string line; std::getline(file, line);) hex += line;
  return keys::from_hex(hex).value_or("");
}

/// A value as this build writes it. The folder in its name is the store's format in which it became what it is.
struct sample {
  std::string name;
  std::string bytes;
  std::function<failure(std::string_view)> refusal;  // what decoding says; asserts that it does not succeed
};

template <class Decode>
std::function<failure(std::string_view)> refusal_of(Decode decode) {
  return [decode](std::string_view bytes) {
    const auto decoded = decode(bytes);
    return decoded ? failure{errc::unsupported, "was decoded"} : decoded.error();
  };
}

std::vector<sample> all_samples() {
  using namespace codec;
  const auto decode_page = [](std::string_view bytes) { return decode_history(bytes, 0); };
  return {
      {"v2/definition_full", encoded(encode_definition, fuller_definition()), refusal_of(decode_definition)},
      {"v1/definition_saga", encoded(encode_definition, *kit::make_saga("saga", 2, 8, moment(1))),
       refusal_of(decode_definition)},
      {"v2/progress_full", encoded(encode_progress, fuller_progress(), trans_type::saga), refusal_of(decode_progress)},
      {"v1/progress_fresh", encoded(encode_progress, fresh_progress(), trans_type::saga), refusal_of(decode_progress)},
      {"v2/branch_full", encoded(encode_branch, fuller_branch()), refusal_of(decode_branch)},
      {"v1/branch_full", encoded(encode_branch, full_branch()), refusal_of(decode_branch)},
      {"v3/open", encoded(encode_open, gid{"g"}), refusal_of(decode_open)},
      {"v3/ended", encoded(encode_ended, ended_entry), refusal_of(decode_ended)},
      {"v3/gid", encoded(encode_gid, gid_entry), refusal_of(decode_gid)},
      {"v1/kv", encoded(encode_kv, kv_topic), refusal_of(decode_kv)},
      {"v2/due", encoded(encode_due, due_value), refusal_of(decode_due)},
      {"v2/due_stuck", encoded(encode_due, stuck_due_value), refusal_of(decode_due)},
      {"v2/history_short", encoded(encode_history, short_history()), refusal_of(decode_page)},
      {"v2/history_full", encoded(encode_history, full_history()), refusal_of(decode_page)},
      {"v1/row", encoded(encode_row, record_id{258}), refusal_of(decode_row)}};
}

// Stores of this format are on disks out there: reading and writing them must never drift, by a byte.
TEST(Codec, WritesTheGoldenBytes) {
  for (const sample& one : all_samples())
    EXPECT_EQ(keys::to_hex(one.bytes), keys::to_hex(read_golden(one.name))) << one.name;
}

TEST(Codec, ReadsTheGoldenBytes) {
  EXPECT_EQ(*codec::decode_definition(read_golden("v2/definition_full")), fuller_definition());
  EXPECT_EQ(*codec::decode_definition(read_golden("v1/definition_saga")), *kit::make_saga("saga", 2, 8, moment(1)));
  EXPECT_EQ(*codec::decode_progress(read_golden("v2/progress_full")), fuller_progress());
  EXPECT_EQ(*codec::decode_progress(read_golden("v1/progress_fresh")), fresh_progress());
  EXPECT_EQ(*codec::decode_branch(read_golden("v2/branch_full")), fuller_branch());
  EXPECT_EQ(*codec::decode_open(read_golden("v3/open")), gid{"g"});
  EXPECT_EQ(*codec::decode_ended(read_golden("v3/ended")), ended_entry);
  EXPECT_EQ(*codec::decode_gid(read_golden("v3/gid")), gid_entry);
  EXPECT_EQ(*codec::decode_due(read_golden("v2/due")), due_value);
  EXPECT_EQ(*codec::decode_due(read_golden("v2/due_stuck")), stuck_due_value);
  EXPECT_EQ(*codec::decode_history(read_golden("v2/history_short"), 0), short_history());
  EXPECT_EQ(*codec::decode_history(read_golden("v2/history_full"), 17), full_history());
  EXPECT_EQ(*codec::decode_kv(read_golden("v1/kv")), kv_topic);
  EXPECT_EQ(*codec::decode_row(read_golden("v1/row")), 258U);
}

TEST(Codec, KeepsThePageOfTheEndBehindTheProgressOfTheEnd) {
  std::string bytes = encoded(codec::encode_progress, fuller_progress(), trans_type::saga);
  EXPECT_EQ(*codec::decode_ending(bytes), std::nullopt);
  codec::append_ending(full_history(), bytes);
  EXPECT_EQ(keys::to_hex(bytes), keys::to_hex(read_golden("v4/progress_ended")));
  EXPECT_EQ(*codec::decode_progress(bytes), fuller_progress());
  EXPECT_EQ(*codec::decode_ending(bytes), full_history());
  EXPECT_EQ(codec::decode_ending(bytes.substr(0, bytes.size() - 4)).error().code, errc::corrupt);
  EXPECT_EQ(codec::decode_ending("").error().code, errc::corrupt);
}

// What an older build has written is read as it was meant: nothing stuck, nothing of what came later.
TEST(Codec, ReadsTheGoldenBytesOfFormat1) {
  EXPECT_EQ(*codec::decode_definition(read_golden("v1/definition_full")), full_definition());
  EXPECT_EQ(*codec::decode_progress(read_golden("v1/progress_full")), full_progress());
  EXPECT_EQ(*codec::decode_branch(read_golden("v1/branch_full")), full_branch());
  EXPECT_EQ(*codec::decode_timeline(read_golden("v1/timeline_finished")), finished_entry);
  EXPECT_EQ(*codec::decode_due(read_golden("v1/due")), due_value);
  EXPECT_EQ(*codec::decode_gid(read_golden("v1/row")), codec::gid_entry{258});
}

// An upgrade reads them, and nothing else does.
TEST(Codec, ReadsTheListEntriesOfFormat2) {
  EXPECT_EQ(*codec::decode_timeline(read_golden("v2/timeline_finished")), finished_entry);
  EXPECT_EQ(*codec::decode_timeline(read_golden("v2/timeline_stuck")), stuck_entry);
}

// A flag that a later build invents must not be taken for nothing.
TEST(Codec, RefusesFlagsThatItDoesNotKnow) {
  for (const auto& [bytes, decoded] :
       {std::pair{read_golden("v2/timeline_stuck"), refusal_of(codec::decode_timeline)},
        std::pair{encoded(codec::encode_due, stuck_due_value), refusal_of(codec::decode_due)}}) {
    std::string other = bytes;
    other[1] = 3;
    EXPECT_EQ(decoded(other).code, errc::corrupt);
    EXPECT_THAT(decoded(other).detail, HasSubstr("flags 3"));
  }
}

// A page is written with each end of a transaction: it must stay a small part of what a transaction costs.
TEST(Codec, KeepsTheHistoryOfAShortSagaSmall) {
  EXPECT_LT(encoded(codec::encode_history, short_history()).size(), 60U);
}

// A guard is checked on each write: it must not parse the message.
TEST(Codec, ReadsTheHeadOfProgressAlone) {
  const std::string bytes = encoded(codec::encode_progress, full_progress(), trans_type::tcc);
  const codec::progress_head wanted{full_progress().revision, trans_type::tcc, txn_status::aborting};
  EXPECT_EQ(*codec::decode_progress_head(bytes), wanted);
  EXPECT_EQ(*codec::decode_progress_head(bytes.substr(0, codec::progress_head_size)), wanted);
  EXPECT_EQ(codec::decode_progress_head(bytes.substr(0, codec::progress_head_size - 1)).error().code, errc::corrupt);
}

TEST(Codec, NamesAFormatThatItDoesNotKnow) {
  for (sample& one : all_samples()) {
    one.bytes[0] = 9;
    const failure why = one.refusal(one.bytes);
    EXPECT_EQ(why.code, errc::corrupt) << one.name;
    EXPECT_THAT(why.detail, HasSubstr("format 9")) << one.name;
    EXPECT_EQ(one.refusal("").code, errc::corrupt) << one.name;
  }
}

TEST(Codec, NamesWhatIsWrongWithDamagedProgress) {
  std::string bytes = encoded(codec::encode_progress, full_progress(), trans_type::saga);
  bytes[10] = 77;
  EXPECT_EQ(codec::decode_progress(bytes).error(), (failure{errc::corrupt, "progress has status 77"}));
  bytes[10] = 1;
  bytes[9] = 0;
  EXPECT_EQ(codec::decode_progress(bytes).error(), (failure{errc::corrupt, "progress has type 0"}));
}

// A disk may give back anything. Fixed seed; tests/fuzz goes further.
TEST(Codec, SurvivesAnyBytes) {
  std::mt19937_64 random{20'240'229};
  for (const sample& one : all_samples()) {
    for (std::size_t size = 0; size < one.bytes.size(); ++size) one.refusal(one.bytes.substr(0, size));
    for (int round = 0; round < 5000; ++round) {
      std::string bytes = one.bytes;
      for (int flips = 0; flips <= round % 4; ++flips) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
      const failure why = one.refusal(bytes);
      EXPECT_TRUE(why.code == errc::corrupt || why.code == errc::unsupported) << one.name;
    }
    for (int round = 0; round < 5000; ++round) {
      std::string bytes(random() % 64, '\0');
      for (char& byte : bytes) byte = static_cast<char>(random());
      if (!bytes.empty()) bytes[0] = codec::value_format;
      one.refusal(bytes);
    }
  }
}

TEST(Codec, KeepsThousandsOfLegsSmall) {
  txn_progress progress = fresh_progress();
  progress.legs.resize(2000);
  const std::string bytes = encoded(codec::encode_progress, progress, trans_type::saga);
  EXPECT_LT(bytes.size(), 2100U);
  EXPECT_EQ(*codec::decode_progress(bytes), progress);
}

TEST(Codec, KnowsWhenATransactionEnded) {
  txn_progress progress = fresh_progress();
  EXPECT_EQ(codec::end_of(progress), time_point{});
  progress.status = txn_status::failed;
  EXPECT_EQ(codec::end_of(progress), progress.update_time);
  progress.rollback_time = moment(70);
  EXPECT_EQ(codec::end_of(progress), moment(70));
}

}  // namespace
}  // namespace treaty
