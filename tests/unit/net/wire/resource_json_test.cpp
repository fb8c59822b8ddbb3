#include "net/wire/resource_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace treaty {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::ElementsAre;

constexpr time_point noon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;

/// A saga of one step whose action has failed four times.
txn_record stuck_saga() {
  auto definition = std::make_shared<txn_definition>();
  definition->gid = gid{"order/7"};
  definition->steps = {{.action = "http://bank:8080/debit", .compensate = "http://bank:8080/credit"}};
  definition->payloads = {R"({"amount":30})"};
  definition->options.timeout_to_fail = 60s;
  definition->options.retry_growth_percent = 150;
  definition->options.retry_jitter_percent = 5;
  definition->options.notify_url = "https://me:secret@hooks/end";
  definition->options.branch_headers = {{"x-tenant", "a"}};
  definition->create_time = noon;
  txn_record record;
  record.definition = std::move(definition);
  record.progress.status = txn_status::submitted;
  record.progress.stuck = true;
  record.progress.last_error = "connection refused";
  record.progress.due = noon + 30s;
  record.progress.legs.resize(2);
  record.progress.legs[1].attempts = 4;
  record.progress.legs[1].failures = 4;
  record.progress.legs[1].due = noon + 30s;
  return record;
}

std::string page_of(std::size_t count, std::string_view next_cursor) {
  page_text page;
  for (std::size_t i = 0; i < count; ++i) page.add(stuck_saga());
  return std::move(page).finish(next_cursor);
}

txn_record with_payload(std::string payload) {
  txn_record record = stuck_saga();
  auto definition = std::make_shared<txn_definition>(*record.definition);
  definition->payloads = {std::move(payload)};
  record.definition = std::move(definition);
  return record;
}

TEST(TransactionResource, TellsEverythingOfAStuckSaga) {
  const json told = json::parse(transaction_resource(stuck_saga()));
  EXPECT_EQ(told["gid"], "order/7");
  EXPECT_EQ(told["type"], "saga");
  EXPECT_EQ(told["protocol"], "http");
  EXPECT_EQ(told["status"], "submitted");
  EXPECT_EQ(told["stuck"], true);
  EXPECT_EQ(told["last_error"], "connection refused");
  EXPECT_EQ(told["created_at"], "2026-11-22T12:00:00Z");
  EXPECT_EQ(told["updated_at"], "2026-11-22T12:00:00Z");
  EXPECT_EQ(told["next_at"], "2026-11-22T12:00:30Z");
  EXPECT_TRUE(told["finished_at"].is_null());
  const json action = told["branches"][1];
  EXPECT_EQ(action["branch_id"], "01");
  EXPECT_EQ(action["op"], "action");
  EXPECT_EQ(action["url"], "http://bank:8080/debit");
  EXPECT_EQ(action["attempts"], 4);
  EXPECT_EQ(action["failures"], 4);
  EXPECT_EQ(action["next_at"], "2026-11-22T12:00:30Z");
  EXPECT_EQ(action["payload"], R"({"amount":30})");
  EXPECT_EQ(action["payload_bytes"], 13);
}

TEST(TransactionResource, TellsEveryOptionAndNullForTheServersDefault) {
  const json options = json::parse(transaction_resource(stuck_saga()))["options"];
  EXPECT_EQ(options["timeout_to_fail"], 60);
  EXPECT_TRUE(options["request_timeout"].is_null());
  EXPECT_TRUE(options["retry_interval_max"].is_null());
  EXPECT_EQ(options["retry_growth"], 1.5);
  EXPECT_EQ(options["retry_jitter"], 0.05);
  EXPECT_EQ(options["branch_headers"], (json{{"x-tenant", "a"}}));
  EXPECT_EQ(options["notify_url"], "https://hooks/end") << "a password is nobody else's business";
}

TEST(TransactionResource, TellsTheEnd) {
  txn_record record = stuck_saga();
  record.progress.status = txn_status::failed;
  record.progress.rollback_time = noon + 1s;
  record.progress.rollback_reason = "no money FAILURE";
  const json told = json::parse(outcome_resource(record));
  EXPECT_EQ(told["finished"], true);
  EXPECT_EQ(told["transaction"]["finished_at"], "2026-11-22T12:00:01Z");
  EXPECT_EQ(told["transaction"]["rollback_reason"], "no money FAILURE");
  EXPECT_TRUE(told["transaction"]["next_at"].is_null());
  EXPECT_TRUE(told["transaction"]["branches"][1]["next_at"].is_null());
}

TEST(TransactionResource, ShowsBytesThatAreNoTextInBase64) {
  const json branch = json::parse(transaction_resource(with_payload("\xff\x01")))["branches"][0];
  EXPECT_EQ(branch["payload_base64"], "/wE=");
  EXPECT_FALSE(branch.contains("payload"));
  EXPECT_EQ(branch["payload_bytes"], 2);
}

TEST(TransactionResource, CutsALongPayloadBetweenCharacters) {
  std::string payload(shown_payload_bytes_max - 1, 'x');
  payload += "\u00e4 and more";
  const json branch = json::parse(transaction_resource(with_payload(payload)))["branches"][0];
  EXPECT_EQ(branch["payload"], std::string(shown_payload_bytes_max - 1, 'x'));
  EXPECT_EQ(branch["payload_bytes"], payload.size());
}

// Ten thousand steps with large payloads would make an answer of gigabytes.
TEST(TransactionResource, BoundsAllPayloadsTogether) {
  txn_record record = with_payload(std::string(100'000, 'x'));
  auto definition = std::make_shared<txn_definition>(*record.definition);
  definition->steps.resize(1'000, definition->steps.front());
  definition->payloads.resize(1'000, definition->payloads.front());
  record.definition = std::move(definition);
  record.progress.legs.resize(2'000);
  const std::string told = transaction_resource(record);
  EXPECT_LT(told.size(), shown_payloads_bytes_max + 2'000 * 300);
  EXPECT_EQ(json::parse(told)["branches"][1'999]["payload"], "");
}

TEST(PageResource, ListsSummariesAndACursor) {
  const json page = json::parse(page_of(2, "0aff"));
  EXPECT_EQ(page["transactions"].size(), 2U);
  EXPECT_EQ(page["transactions"][0]["gid"], "order/7");
  EXPECT_FALSE(page["transactions"][0].contains("branches"));
  EXPECT_EQ(page["next_cursor"], "0aff");
  EXPECT_EQ(page_of(0, ""), R"({"transactions":[],"next_cursor":null})");
}

TEST(HistoryResource, TellsWhatHappenedInItsOrder) {
  const txn_history history{
      stuck_saga(),
      {{.number = 0,
        .entries = {{.at = noon + 1s,
                     .kind = history_kind::called,
                     .outcome = call_outcome::failure,
                     .leg = 1,
                     .took = 1'500us,
                     .text = "no \xff money"},
                    {.at = noon + 2s,
                     .kind = history_kind::decided,
                     .from = txn_status::submitted,
                     .to = txn_status::aborting,
                     .text = "refused"},
                    {.at = noon + 3s,
                     .kind = history_kind::operated,
                     .action = operator_action::skip,
                     .leg = 0,
                     .actor = "ann",
                     .text = "booked by hand"},
                    {.at = noon + 4s, .kind = history_kind::asked, .outcome = call_outcome::unknown, .took = 3s},
                    {.at = noon + 5s, .kind = history_kind::registered, .leg = 0}}}}};
  const json told = json::parse(history_resource(history));
  EXPECT_EQ(told["gid"], "order/7");
  EXPECT_EQ(told["left_out"], 0);
  const json& entries = told["entries"];
  ASSERT_EQ(entries.size(), 6U);
  EXPECT_EQ(entries[0], (json{{"at", "2026-11-22T12:00:00Z"}, {"kind", "created"}, {"type", "saga"}}));
  EXPECT_EQ(entries[1]["kind"], "called");
  EXPECT_EQ(entries[1]["branch_id"], "01");
  EXPECT_EQ(entries[1]["op"], "action");
  EXPECT_EQ(entries[1]["url"], "http://bank:8080/debit");
  EXPECT_EQ(entries[1]["outcome"], "failure");
  EXPECT_EQ(entries[1]["duration_ms"], 1.5);
  EXPECT_EQ(entries[1]["answer"], "no \ufffd money");
  EXPECT_EQ(entries[2], (json{{"at", "2026-11-22T12:00:02Z"},
                              {"kind", "decided"},
                              {"from", "submitted"},
                              {"to", "aborting"},
                              {"reason", "refused"}}));
  EXPECT_EQ(entries[3]["action"], "skip");
  EXPECT_EQ(entries[3]["actor"], "ann");
  EXPECT_EQ(entries[3]["reason"], "booked by hand");
  EXPECT_EQ(entries[3]["op"], "compensate");
  EXPECT_EQ(entries[4]["duration_ms"], 3000);
  EXPECT_EQ(entries[5]["kind"], "registered");
}

// An auditor must see that something is missing, and where.
TEST(HistoryResource, SaysWhereEntriesAreMissing) {
  const history_entry called{.at = noon, .leg = 1};
  const txn_history history{
      stuck_saga(), {{.number = 0, .left_out = 3, .entries = {called, called}}, {.number = 5, .entries = {called}}}};
  const json told = json::parse(history_resource(history));
  std::vector<std::string> kinds;
  for (const auto& one : told["entries"]) kinds.push_back(one["kind"]);
  EXPECT_THAT(kinds, ElementsAre("created", "called", "left_out", "called", "left_out", "called"));
  EXPECT_EQ(told["entries"][2]["entries"], 3);
  EXPECT_EQ(told["entries"][4]["entries"], 4) << "pages 1 to 4 had at least one each";
  EXPECT_EQ(told["left_out"], 7);
}

TEST(ErrorResource, HasOneShape) {
  EXPECT_EQ(error_resource(api_error::not_found, "there is \"none\""),
            R"({"error":{"code":"not_found","message":"there is \"none\""}})");
  EXPECT_EQ(http_status(error_of(errc::not_found)), 404);
  EXPECT_EQ(http_status(error_of(errc::invalid_argument)), 400);
  EXPECT_EQ(http_status(error_of(errc::conflict)), 409);
  EXPECT_EQ(http_status(error_of(errc::overloaded)), 429);
  EXPECT_EQ(http_status(error_of(errc::unavailable)), 503);
  EXPECT_EQ(http_status(error_of(errc::corrupt)), 500);
  EXPECT_EQ(http_status(error_of(answer_kind::failure)), 409);
}

}  // namespace
}  // namespace treaty
