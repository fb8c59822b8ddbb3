#include "net/http/dtm_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <array>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "net/http/router.hpp"
#include "obs/process_metrics.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/http_client.hpp"
#include "tests/kit/http_door.hpp"

namespace treaty {
namespace {

using kit::http_answer;
using kit::http_talker;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;

/// Writes down what is asked, and says what the test wants. Answers on the caller's thread, like a door that refuses.
class scripted_ingress final : public ingress {
public:
  struct offered {
    std::string id;
    event what;
    std::size_t body_bytes;
  };

  void offer(gid id, event what, std::size_t body_bytes, std::shared_ptr<answer_sink> to) override {
    std::unique_lock guard{mutex};
    events.push_back({id.value, std::move(what), body_bytes});
    if (hold) return held.push_back(std::move(to));
    const answer told = says;
    guard.unlock();  // who hears it may ask again
    to->answer(told);
  }
  void query(gid id, on_result<txn_record> done) override {
    const std::lock_guard guard{mutex};
    if (id.value == stored.definition->gid.value) return done(stored);
    if (id.value == "broken") return done(failure{errc::corrupt, "bad checksum"});
    if (id.value == "down") return done(failure{errc::unavailable, "the store is failing"});
    done(failure{errc::not_found, id.value});
  }
  void history(gid, on_result<txn_history>) override {}
  void wait_end(gid, std::chrono::milliseconds, on_result<txn_record>) override {}
  void list(list_request request, on_result<listing> done) override {
    std::unique_lock guard{mutex};
    lists.push_back(request);
    guard.unlock();  // who hears it may ask again
    if (request.position == "bad") return done(failure{errc::invalid_argument, "not a position: bad"});
    if (lists.size() > pages.size()) return done(listing{{stored}, ""});
    done(pages[lists.size() - 1]);
  }
  void reset_cron(std::chrono::seconds later_than, std::size_t limit, on_result<cron_reset> done) override {
    const std::lock_guard guard{mutex};
    resets.emplace_back(later_than.count(), limit);
    done(cron_reset{1, true});
  }
  void change_topic(topic_change change, std::shared_ptr<answer_sink> to) override {
    const std::lock_guard guard{mutex};
    topic_changes.push_back(std::move(change));
    to->answer(says);
  }
  void query_kv(std::string category, std::string key, on_result<kv_record> done) override {
    const std::lock_guard guard{mutex};
    if (key == "down") return done(failure{errc::unavailable, "the store is failing"});
    if (category != kv.category || key != kv.key) return done(failure{errc::not_found, key});
    done(kv);
  }
  void list_kv(kv_request request, on_result<kv_listing> done) override {
    const std::lock_guard guard{mutex};
    kv_requests.push_back(request);
    if (request.position == "bad") return done(failure{errc::invalid_argument, "not a position: bad"});
    done(kv_listing{{kv}, "next/1"});
  }

  std::mutex mutex;
  bool hold = false;
  answer says;
  txn_record stored;
  std::vector<offered> events;
  kv_record kv;
  std::vector<topic_change> topic_changes;
  std::vector<kv_request> kv_requests;
  std::vector<list_request> lists;
  std::vector<listing> pages;  // the first answers to `list`; after them the list has one more
  std::vector<std::pair<std::int64_t, std::size_t>> resets;
  std::vector<std::shared_ptr<answer_sink>> held;
};

class DtmApi : public ::testing::Test {
protected:
  DtmApi() {
    auto definition = std::make_shared<txn_definition>();
    definition->gid = gid{"s1"};
    definition->create_time = time_point{std::chrono::seconds{1'795'366'818}};
    door.stored.definition = std::move(definition);
    add_dtm_routes(routes, door, {.version = "v1.2.3", .listed_max = 50});
  }

  http_answer get(std::string_view target) { return kit::get(server.port(), target); }
  http_answer post(std::string_view target, std::string_view body) { return kit::post(server.port(), target, body); }
  http_answer submit(std::string_view body) { return post("/api/dtmsvr/submit", body); }

  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  scripted_ingress door;
  http_router routes{*registry};
  kit::http_door server{[this](const http_request& request, std::shared_ptr<http_responder> to) {
    routes.handle(request, std::move(to));
  }};
};

constexpr std::string_view ok = R"({"dtm_result":"SUCCESS"})";
constexpr std::string_view saga = R"({"gid":"g1","trans_type":"saga","steps":[{"action":"a"}],"payloads":["p"]})";

TEST_F(DtmApi, TellsItsVersionAndThatItIsThere) {
  EXPECT_EQ(get("/api/dtmsvr/version").body, R"({"version":"v1.2.3"})");
  for (const std::string_view method : {"GET", "POST", "PUT", "PATCH", "OPTIONS", "DELETE", "TRACE"}) {
    const auto answer = kit::request(server.port(), method, "/api/ping");
    EXPECT_EQ(answer.status, 200) << method;
    EXPECT_EQ(answer.body, R"({"msg":"pong"})") << method;
    EXPECT_EQ(answer.content_type, "application/json; charset=utf-8");
  }
}

TEST_F(DtmApi, MakesADifferentGidEachTime) {
  const auto first = get("/api/dtmsvr/newGid");
  EXPECT_EQ(first.status, 200);
  EXPECT_THAT(first.body, MatchesRegex(R"(\{"dtm_result":"SUCCESS","gid":"[2-9A-HJ-NP-Za-km-z]+"\})"));
  EXPECT_NE(first.body, get("/api/dtmsvr/newGid").body);
}

TEST_F(DtmApi, HandsASubmitToTheDoor) {
  const auto answer = submit(saga);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, ok);
  EXPECT_EQ(answer.content_type, "application/json; charset=utf-8");
  ASSERT_THAT(door.events, SizeIs(1));
  EXPECT_EQ(door.events[0].id, "g1");
  EXPECT_EQ(door.events[0].body_bytes, saga.size());
  const auto* asked = std::get_if<submit_requested>(&door.events[0].what);
  ASSERT_NE(asked, nullptr);
  EXPECT_EQ(asked->definition->gid.value, "g1");
  EXPECT_THAT(asked->definition->steps, SizeIs(1));
  EXPECT_EQ(asked->reply_to, 0U);
}

TEST_F(DtmApi, HandsEveryOtherEventToTheDoor) {
  EXPECT_EQ(post("/api/dtmsvr/prepare", saga).body, ok);
  EXPECT_EQ(post("/api/dtmsvr/abort", R"({"gid":"g;2","trans_type":"tcc","rollback_reason":"r"})").body, ok);
  EXPECT_EQ(post("/api/dtmsvr/abort", R"({"gid":"g2"})").body, ok);
  EXPECT_EQ(post("/api/dtmsvr/forceStop", R"({"gid":"g3"})").body, ok);
  EXPECT_EQ(post("/api/dtmsvr/resetNextCronTime", R"({"gid":"g4"})").body, ok);
  ASSERT_THAT(door.events, SizeIs(5));
  EXPECT_TRUE(std::holds_alternative<prepare_requested>(door.events[0].what));
  const auto* abort = std::get_if<abort_requested>(&door.events[1].what);
  ASSERT_NE(abort, nullptr);
  EXPECT_EQ(door.events[1].id, "g2");
  EXPECT_EQ(abort->type, trans_type::tcc);
  EXPECT_EQ(abort->reason, "r");
  EXPECT_TRUE(std::holds_alternative<abort_requested>(door.events[2].what));
  EXPECT_TRUE(std::holds_alternative<force_stop_requested>(door.events[3].what));
  EXPECT_TRUE(std::holds_alternative<retry_requested>(door.events[4].what));
}

TEST_F(DtmApi, RendersEveryKindOfAnswer) {
  const std::array<std::tuple<answer_kind, int, std::string>, 8> expected{{
      {answer_kind::failure, 409, R"({"dtm_result":"FAILURE","message":"a\u003cb"})"},
      {answer_kind::ongoing, 425, R"({"dtm_result":"ONGOING","message":"a\u003cb"})"},
      {answer_kind::error, 500, R"({"message":"a\u003cb"})"},
      {answer_kind::internal, 500, R"({"message":"a\u003cb"})"},
      {answer_kind::invalid, 500, R"({"message":"a\u003cb"})"},
      {answer_kind::overloaded, 429, R"({"message":"a\u003cb"})"},
      {answer_kind::unavailable, 503, R"({"message":"a\u003cb"})"},
      {answer_kind::unimplemented, 501, R"({"message":"a\u003cb"})"},
  }};
  for (const auto& [kind, status, body] : expected) {
    door.says = {kind, "a<b"};
    const auto answer = submit(saga);
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.body, body);
    EXPECT_EQ(answer.message.header("retry-after"), kind == answer_kind::overloaded ? "1" : "");
  }
}

// ---- bad input: each gets a precise answer, and nothing reaches the door

TEST_F(DtmApi, RefusesBadBodiesBeforeTheDoor) {
  const std::array<std::tuple<std::string, int, std::string>, 12> bad{{
      {"", 500, R"({"message":"unexpected end of JSON input"})"},
      {"hello", 500, R"({"message":"invalid character 'h' looking for beginning of value"})"},
      {R"({"gid":"g")", 500, "invalid JSON"},
      {R"({"gid":5,"trans_type":"saga"})", 500, R"({"message":"field 'gid' must be a string, not a number"})"},
      {R"({"trans_type":"saga"})", 500, R"({"message":"key required"})"},
      {R"({"gid":";\r\n","trans_type":"saga"})", 500, R"({"message":"key required"})"},
      {R"({"gid":"g","trans_type":"x"})", 500, R"({"message":"unknow trans type: x"})"},
      {R"({"gid":"g"})", 500, R"({"message":"unknow trans type: "})"},
      {R"({"gid":"g","trans_type":"saga","steps":[{"action":"a"}]})", 500,
       R"({"message":"step 1 of 1 has no payload"})"},
      {R"({"gid":"g","trans_type":"saga","custom_data":"{\"orders\":0}"})", 500, "custom_data of a saga is not usable"},
      {R"({"gid":"g","trans_type":"msg","steps":[{"action":"a"}]})", 500,
       R"({"message":"step 1 of 1 has no payload"})"},
      {R"({"gid":")" + std::string(10'000, 'g') + R"(","trans_type":"saga"})", 500,
       R"({"message":"gid has 10000 bytes, at most 128 are possible"})"},
  }};
  for (const auto& [body, status, text] : bad) {
    for (const std::string_view route : {"/api/dtmsvr/submit", "/api/dtmsvr/prepare"}) {
      const auto answer = post(route, body);
      EXPECT_EQ(answer.status, status) << body.substr(0, 80);
      EXPECT_THAT(answer.body, HasSubstr(text));
      EXPECT_THAT(answer.body, Not(HasSubstr("dtm_result")));
    }
  }
  EXPECT_THAT(door.events, IsEmpty());
}

// DTM's API names nobody: a history that says nothing would look as if nobody had stepped in.
TEST_F(DtmApi, SaysThroughWhichDoorAnOperatorCame) {
  post("/api/dtmsvr/forceStop", R"({"gid":"g1"})");
  post("/api/dtmsvr/resetNextCronTime", R"({"gid":"g1"})");
  ASSERT_THAT(door.events, SizeIs(2));
  EXPECT_EQ(std::get<force_stop_requested>(door.events[0].what).by.actor, "dtm-api");
  EXPECT_EQ(std::get<retry_requested>(door.events[1].what).by.actor, "dtm-api");
}

TEST_F(DtmApi, RefusesBadBodiesOfTheShortRoutes) {
  for (const std::string_view route : {"/api/dtmsvr/abort", "/api/dtmsvr/forceStop", "/api/dtmsvr/resetNextCronTime"}) {
    EXPECT_EQ(post(route, "").body, R"({"message":"unexpected end of JSON input"})");
    EXPECT_EQ(post(route, "{}").body, R"({"message":"key required"})");
    EXPECT_EQ(post(route, "[1]").status, 500);
  }
  EXPECT_THAT(door.events, IsEmpty());
}

TEST_F(DtmApi, TakesAGidOf128Characters) {
  const std::string longest(128, 'g');
  EXPECT_EQ(submit(R"({"gid":")" + longest + R"(","trans_type":"saga"})").status, 200);
  ASSERT_THAT(door.events, SizeIs(1));
  EXPECT_EQ(door.events[0].id, longest);
}

TEST_F(DtmApi, RefusesABodyOfTenMegabytes) {
  const auto answer =
      submit(R"({"gid":"g","trans_type":"saga","query_prepared":")" + std::string(10u << 20, 'x') + "\"}");
  EXPECT_EQ(answer.status, 413);
  EXPECT_THAT(answer.body, HasSubstr(R"({"message":)"));
  EXPECT_THAT(door.events, IsEmpty());
}

// ---- look-ups

TEST_F(DtmApi, AnswersQueriesForKnownAndUnknownTransactions) {
  const auto known = get("/api/dtmsvr/query?gid=s1");
  EXPECT_EQ(known.status, 200);
  const auto json = nlohmann::json::parse(known.body);
  EXPECT_EQ(json["transaction"]["gid"], "s1");
  EXPECT_EQ(json["branches"], nlohmann::json::array());

  const std::string none = R"({"branches":[],"transaction":null})";
  EXPECT_EQ(get("/api/dtmsvr/query?gid=other").body, none);
  EXPECT_EQ(get("/api/dtmsvr/query?gid=" + std::string(10'000, 'g')).body, none);
  for (const std::string_view target : {"/api/dtmsvr/query", "/api/dtmsvr/query?gid="}) {
    const auto answer = get(target);
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body, R"({"message":"no gid specified"})");
  }
  EXPECT_EQ(get("/api/dtmsvr/query?gid=broken").body, R"({"message":"bad checksum"})");
  EXPECT_EQ(get("/api/dtmsvr/query?gid=broken").status, 500);
  EXPECT_EQ(get("/api/dtmsvr/query?gid=down").status, 503);
}

TEST_F(DtmApi, DecodesQueryParameters) {
  EXPECT_THAT(get("/api/dtmsvr/query?x=1&gid=%73%31").body, HasSubstr(R"("gid":"s1")"));
  EXPECT_EQ(get("/api/dtmsvr/query?gid=%zz").status, 200);
  EXPECT_EQ(get("/api/dtmsvr/query?gid=%").status, 200);
  EXPECT_EQ(get("/api/dtmsvr/query?&&=&gid").status, 500);
}

TEST_F(DtmApi, ListsWithEveryFilter) {
  door.pages = {{std::vector<txn_record>(7, door.stored), "next/1"}};
  const auto answer = get(
      "/api/dtmsvr/all?limit=7&position=p%2F1&status=submitted&transType=saga&createTimeStart=1000&createTimeEnd=2000");
  EXPECT_EQ(answer.status, 200);
  const auto json = nlohmann::json::parse(answer.body);
  EXPECT_EQ(json["next_position"], "next/1");
  EXPECT_THAT(json["transactions"], SizeIs(7));
  ASSERT_THAT(door.lists, SizeIs(1));
  EXPECT_EQ(door.lists[0].limit, 7U);
  EXPECT_EQ(door.lists[0].position, "p/1");
  EXPECT_EQ(door.lists[0].status, txn_status::submitted);
  EXPECT_EQ(door.lists[0].type, trans_type::saga);
  EXPECT_EQ(door.lists[0].created_from, time_point{std::chrono::seconds{1}});
  EXPECT_EQ(door.lists[0].created_to, time_point{duration{2'000'999'999}}) << "to the end of its millisecond";
}

// DTM's clients may take a short page for the end, and a look-up of a busy store comes back with what it has.
TEST_F(DtmApi, FillsAPageWithAsManyLookUpsAsItTakes) {
  for (int i = 1; i <= 9; ++i) door.pages.push_back({{door.stored}, "p" + std::to_string(i)});
  door.pages[3].records.clear();
  const auto page = nlohmann::json::parse(get("/api/dtmsvr/all?limit=8").body);
  EXPECT_THAT(page["transactions"], SizeIs(8));
  EXPECT_EQ(page["next_position"], "p9");
  ASSERT_THAT(door.lists, SizeIs(9));
  EXPECT_EQ(door.lists[8].position, "p8");
  EXPECT_EQ(door.lists[8].limit, 1U);
}

// A payload's `<` takes six bytes in an answer: a page of such must not take the memory of everything else.
TEST_F(DtmApi, EndsAPageOfLargeTransactionsWhenItsTextIsLarge) {
  auto definition = std::make_shared<txn_definition>(*door.stored.definition);
  definition->payloads = {std::string(500'000, '<')};
  txn_record large = door.stored;
  large.definition = std::move(definition);
  for (int i = 1; i <= 9; ++i) door.pages.push_back({{large}, "p" + std::to_string(i)});
  const auto answer = get("/api/dtmsvr/all?limit=9");
  EXPECT_GT(answer.body.size(), 6U << 20);
  EXPECT_LT(answer.body.size(), 12U << 20);
  const auto page = nlohmann::json::parse(answer.body);
  EXPECT_THAT(page["transactions"], SizeIs(3));
  EXPECT_EQ(page["next_position"], "p3") << "and leads on from there";
}

// No transaction has it, so that none is found; as in DTM, whose stores compare texts.
TEST_F(DtmApi, FindsNothingOfAStatusOrATypeThatThereIsNoneOf) {
  for (const std::string_view query :
       {"status=bogus", "transType=bogus", "status=bogus&transType=saga", "status=Failed"}) {
    const auto answer = get("/api/dtmsvr/all?" + std::string{query});
    EXPECT_EQ(answer.status, 200) << query;
    EXPECT_EQ(answer.body, R"({"next_position":"","transactions":[]})") << query;
  }
  EXPECT_THAT(door.lists, IsEmpty());
  EXPECT_EQ(get("/api/dtmsvr/all?status=bogus&limit=x").status, 500);
}

TEST_F(DtmApi, ListsWithDefaultsAndWithinItsLimit) {
  get("/api/dtmsvr/all?createTimeEnd=9223372036854775807");
  get("/api/dtmsvr/all?limit=1000000");
  ASSERT_THAT(door.lists, SizeIs(2));
  EXPECT_EQ(door.lists[0].limit, 50U) << "100, cut to what this server lists at most";
  EXPECT_FALSE(door.lists[0].status || door.lists[0].type);
  EXPECT_FALSE(is_set(door.lists[0].created_from));
  EXPECT_GT(door.lists[0].created_to, time_point{std::chrono::hours{24 * 365 * 200}});
  EXPECT_EQ(door.lists[1].limit, 50U);
}

TEST_F(DtmApi, ListsOneTransactionByGid) {
  const auto known = nlohmann::json::parse(get("/api/dtmsvr/all?gid=s1&position=p").body);
  EXPECT_THAT(known["transactions"], SizeIs(1));
  EXPECT_EQ(known["next_position"], "p");
  EXPECT_EQ(get("/api/dtmsvr/all?gid=other").body, R"({"next_position":"","transactions":null})");
  EXPECT_THAT(door.lists, IsEmpty());
}

TEST_F(DtmApi, RefusesBadFilters) {
  for (const std::string_view query :
       {"limit=x", "limit=0", "limit=-1", "limit=1e3", "createTimeStart=x", "createTimeEnd=-5", "position=bad"}) {
    const auto answer = get("/api/dtmsvr/all?" + std::string{query});
    EXPECT_EQ(answer.status, 500) << query;
    EXPECT_THAT(answer.body, HasSubstr("message")) << query;
  }
  EXPECT_EQ(get("/api/dtmsvr/all?limit=x").body, R"({"message":"convert to int error: x"})");
}

TEST_F(DtmApi, ResetsTheCronTimes) {
  EXPECT_EQ(get("/api/dtmsvr/resetCronTime").body, R"({"has_remaining":true,"succeed_count":1})");
  get("/api/dtmsvr/resetCronTime?timeout=1&limit=2");
  EXPECT_THAT(door.resets,
              ElementsAre(std::pair<std::int64_t, std::size_t>{105, 100}, std::pair<std::int64_t, std::size_t>{1, 2}));
  EXPECT_EQ(get("/api/dtmsvr/resetCronTime?timeout=x").status, 500);
  EXPECT_EQ(get("/api/dtmsvr/resetCronTime?limit=x").status, 500);
}

// ---- routes

TEST_F(DtmApi, AnswersUnknownRoutesAsPlainText) {
  const std::array<std::pair<std::string, std::string>, 7> unknown{{
      {"GET", "/"},
      {"GET", "/api/dtmsvr/nope"},
      {"POST", "/api/dtmsvr/newGid"},
      {"GET", "/api/dtmsvr/submit"},
      {"HEAD", "/api/dtmsvr/version"},
      {"DELETE", "/api/dtmsvr/topic/"},
      {"GET", "/api/dtmsvr/submit/"},
  }};
  for (const auto& [method, target] : unknown) {
    http_talker client{server.port()};
    client.say(method + " " + target + " HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    const auto heard = client.hear_out();
    ASSERT_TRUE(heard) << target;
    EXPECT_THAT(*heard, testing::StartsWith("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n")) << target;
    EXPECT_EQ(heard->ends_with("\r\n\r\n404 page not found"), method != "HEAD") << target;
  }
}

TEST_F(DtmApi, SendsClientsAwayFromATrailingSlash) {
  const auto got = get("/api/dtmsvr/query/?gid=s1");
  EXPECT_EQ(got.status, 301);
  EXPECT_EQ(got.message.header("location"), "/api/dtmsvr/query?gid=s1");
  const auto posted = post("/api/dtmsvr/submit/", saga);
  EXPECT_EQ(posted.status, 307);
  EXPECT_EQ(posted.body, "");
  EXPECT_EQ(posted.message.header("location"), "/api/dtmsvr/submit");
  EXPECT_THAT(door.events, IsEmpty());
}

// ---- branches and workflows

TEST_F(DtmApi, OffersWhatIsRegisteredUnderEveryAlias) {
  const std::string tcc = R"({"gid":"t;1","trans_type":"tcc","branch_id":"01","data":"d","confirm":"c","cancel":"u"})";
  for (const std::string_view route : {"registerBranch", "registerTccBranch", "registerXaBranch"}) {
    EXPECT_EQ(post("/api/dtmsvr/" + std::string{route}, tcc).body, ok);
  }
  ASSERT_THAT(door.events, SizeIs(3));
  EXPECT_EQ(door.events[0].id, "t1");
  const auto* asked = std::get_if<register_requested>(&door.events[0].what);
  ASSERT_NE(asked, nullptr);
  ASSERT_THAT(asked->branches, SizeIs(2));
  EXPECT_EQ(asked->branches[0]->op, branch_op::cancel);
  EXPECT_EQ(asked->branches[0]->url, "u");
  EXPECT_EQ(asked->branches[1]->payload, "d");
  door.says = {answer_kind::error, "storage: UniqueKeyConflict"};
  const auto again = post("/api/dtmsvr/registerBranch", tcc);
  EXPECT_EQ(again.status, 500);
  EXPECT_EQ(again.body, R"({"message":"storage: UniqueKeyConflict"})");
}

TEST_F(DtmApi, RefusesBadRegistrationsBeforeTheDoor) {
  const std::array<std::tuple<std::string, int, std::string>, 6> bad{{
      {"hello", 400, R"({"message":"invalid character 'h' looking for beginning of value"})"},
      {"", 400, R"({"message":"unexpected end of JSON input"})"},
      {R"({"branch_id":1})", 400, R"({"message":"field 'branch_id' must be a string, not a number"})"},
      {R"({"gid":"g","trans_type":"bad","branch_id":"01"})", 500, R"({"message":"unknow trans type: bad"})"},
      {R"({"gid":"g","trans_type":"xa"})", 500, R"({"message":"a branch needs a branch_id"})"},
      {R"({"gid":"","trans_type":"xa","branch_id":"01"})", 409,
       R"({"dtm_result":"FAILURE","message":"no trans with gid:  status: prepared found FAILURE"})"},
  }};
  for (const auto& [body, status, text] : bad) {
    const auto answer = post("/api/dtmsvr/registerBranch", body);
    EXPECT_EQ(answer.status, status) << body;
    EXPECT_EQ(answer.body, text);
    EXPECT_EQ(answer.content_type, status == 400 ? "text/plain; charset=utf-8" : "application/json; charset=utf-8");
  }
  EXPECT_THAT(door.events, IsEmpty());
}

TEST_F(DtmApi, AnswersAPreparedWorkflowWithItsProgress) {
  auto definition = std::make_shared<txn_definition>(*door.stored.definition);
  definition->type = trans_type::workflow;
  door.stored.definition = std::move(definition);
  auto row = std::make_shared<registered_branch>();
  row->id = branch_id{"01"};
  row->payload = "resdata";
  door.stored.branches = {row};
  door.stored.progress.legs = {leg{.status = leg_status::succeed}};
  door.stored.progress.result = "cmVz";
  const std::string body =
      R"({"gid":"s1","trans_type":"workflow","custom_data":"{\"data\":null,\"name\":\"wf\"}","query_prepared":"q"})";
  const auto answer = post("/api/dtmsvr/prepareWorkflow", body);
  EXPECT_EQ(answer.status, 200);
  const auto json = nlohmann::json::parse(answer.body);
  EXPECT_EQ(json["transaction"]["gid"], "s1");
  EXPECT_EQ(json["transaction"]["result"], "cmVz");
  EXPECT_EQ(json["progresses"][0]["bin_data"], "cmVzZGF0YQ==");
  EXPECT_EQ(json["progresses"][0]["op"], "action");
  EXPECT_EQ(json["progresses"][0]["status"], "succeed");
  ASSERT_THAT(door.events, SizeIs(1));
  EXPECT_EQ(std::get<prepare_requested>(door.events[0].what).definition->workflow.name, "wf");
  door.says = {answer_kind::overloaded, "busy"};
  EXPECT_EQ(post("/api/dtmsvr/prepareWorkflow", body).status, 429);
}

// The gid of a saga: its rows would mean nothing to a workflow.
TEST_F(DtmApi, RefusesAWorkflowWhoseGidIsTaken) {
  const auto answer =
      post("/api/dtmsvr/prepareWorkflow", R"({"gid":"s1","trans_type":"workflow","custom_data":"{\"name\":\"wf\"}"})");
  EXPECT_EQ(answer.status, 409);
  EXPECT_THAT(answer.body, HasSubstr("gid s1 is that of a saga"));
}

TEST_F(DtmApi, RefusesBadWorkflowsBeforeTheDoor) {
  for (const std::string_view body : {R"({"gid":"w","trans_type":"workflow"})", R"({"gid":"w","trans_type":"saga"})",
                                      "", "[]", R"({"trans_type":"workflow","custom_data":"{\"name\":\"wf\"}"})"}) {
    const auto answer = post("/api/dtmsvr/prepareWorkflow", body);
    EXPECT_EQ(answer.status, 500) << body;
    EXPECT_THAT(answer.body, Not(HasSubstr("dtm_result")));
  }
  EXPECT_EQ(submit(R"({"gid":"w","trans_type":"workflow","req_extra":{}})").status, 500);
  EXPECT_THAT(door.events, IsEmpty());
}

TEST_F(DtmApi, HandsEveryTypeToTheDoor) {
  for (const std::string type : {"tcc", "xa", "msg"}) {
    EXPECT_EQ(post("/api/dtmsvr/prepare", R"({"gid":"g","trans_type":")" + type + "\"}").body, ok) << type;
    EXPECT_EQ(submit(R"({"gid":"g","trans_type":")" + type + "\"}").body, ok) << type;
  }
  EXPECT_EQ(submit(R"({"gid":"g","trans_type":"workflow","req_extra":{"status":"succeed"}})").body, ok);
  EXPECT_THAT(door.events, SizeIs(7));
}

// ---- JSON-RPC

TEST_F(DtmApi, SpeaksJsonRpc) {
  const auto rpc = [this](const std::string& body) { return post("/api/json-rpc", body); };
  const auto call = [&](const std::string& method, const std::string& params) {
    return rpc(R"({"jsonrpc":"2.0","id":"no-use","method":")" + method + R"(","params":)" + params + "}").body;
  };
  const std::string done = R"({"error":null,"id":"no-use","jsonrpc":"2.0","result":null})";
  EXPECT_THAT(call("newGid", "{}"),
              MatchesRegex(R"(\{"error":null,"id":"no-use","jsonrpc":"2.0","result":\{"gid":"[2-9A-Za-z]+"\}\})"));
  EXPECT_EQ(call("submit", R"({"gid":"j;1","trans_type":"saga"})"), done);
  EXPECT_EQ(call("prepare", R"({"gid":"j1","trans_type":"tcc"})"), done);
  EXPECT_EQ(call("abort", R"({"gid":"j1","trans_type":"tcc"})"), done);
  EXPECT_EQ(call("registerBranch", R"({"gid":"j1","trans_type":"tcc","branch_id":"01"})"), done);
  ASSERT_THAT(door.events, SizeIs(4));
  EXPECT_EQ(door.events[0].id, "j;1") << "only the other HTTP routes strip it";
  EXPECT_TRUE(std::holds_alternative<register_requested>(door.events[3].what));
}

TEST_F(DtmApi, TellsErrorsInJsonRpcsWay) {
  const auto rpc = [this](const std::string& body) { return post("/api/json-rpc", body); };
  const auto unreadable = rpc("hello");
  EXPECT_EQ(unreadable.status, 400);
  EXPECT_EQ(unreadable.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(unreadable.body,
            R"({"error":{"code":-32700,"message":"Parse json error: invalid character 'h' looking for beginning of )"
            R"(value"},"id":"","jsonrpc":"2.0","result":null})");
  EXPECT_EQ(rpc(R"({"jsonrpc":"2.0","id":5,"method":"newGid"})").status, 400);
  const auto old = rpc(R"({"jsonrpc":"1.0","id":"x","method":"newGid","params":""})");
  EXPECT_EQ(old.status, 200);
  EXPECT_EQ(old.body,
            R"({"error":{"code":-32600,"message":"Bad json request: {\"method\":\"newGid\",\"jsonrpc\":\"1.0\",)"
            R"(\"params\":\"\",\"id\":\"x\"}"},"id":"x","jsonrpc":"2.0","result":null})");
  EXPECT_EQ(rpc(R"({"jsonrpc":"2.0","id":"x","method":"nope"})").body,
            R"({"error":{"code":-32601,"message":"Method not found: nope"},"id":"x","jsonrpc":"2.0","result":null})");
  EXPECT_EQ(rpc(R"({"jsonrpc":"2.0","id":"x","method":"submit","params":{"gid":"g","trans_type":"bad"}})").body,
            R"({"error":{"code":-32603,"message":"unknow trans type: bad"},"id":"x","jsonrpc":"2.0","result":{}})");
  EXPECT_THAT(door.events, IsEmpty());
  const std::string submit = R"({"jsonrpc":"2.0","id":"x","method":"submit","params":{"gid":"g","trans_type":"saga"}})";
  door.says = {answer_kind::failure, "current status 'succeed', cannot sumbmit. FAILURE"};
  EXPECT_EQ(rpc(submit).body,
            R"({"error":{"code":-32901,"message":"current status 'succeed', cannot sumbmit. FAILURE"},"id":"x",)"
            R"("jsonrpc":"2.0","result":{}})");
  door.says = {answer_kind::ongoing, "ONGOING"};
  EXPECT_THAT(rpc(submit).body, HasSubstr(R"({"code":-32603,"message":"ONGOING"})"));
  door.says = {answer_kind::internal, "no TransGlobal with gid: none found"};
  EXPECT_THAT(rpc(submit).body, HasSubstr(R"("result":null)"));
}

// ---- topics and KV

TEST_F(DtmApi, HandsTopicChangesToTheDoor) {
  EXPECT_EQ(get("/api/dtmsvr/subscribe?topic=t%201&url=http%3A%2F%2Fh%2Fa%3Fx%3D1&remark=a+b").body, ok);
  EXPECT_EQ(get("/api/dtmsvr/unsubscribe?topic=t1&url=u").body, ok);
  EXPECT_EQ(kit::request(server.port(), "DELETE", "/api/dtmsvr/topic/t%2F1+2").body, ok);
  ASSERT_THAT(door.topic_changes, SizeIs(3));
  EXPECT_EQ(door.topic_changes[0].action, topic_action::subscribe);
  EXPECT_EQ(door.topic_changes[0].topic, "t 1");
  EXPECT_EQ(door.topic_changes[0].url, "http://h/a?x=1");
  EXPECT_EQ(door.topic_changes[0].remark, "a b");
  EXPECT_EQ(door.topic_changes[1].action, topic_action::unsubscribe);
  EXPECT_EQ(door.topic_changes[2].action, topic_action::remove);
  EXPECT_EQ(door.topic_changes[2].topic, "t/1+2") << "a plus in a path is a plus";
  door.says = {answer_kind::error, "no such an url "};
  const auto refused = get("/api/dtmsvr/unsubscribe?topic=t1&url=u");
  EXPECT_EQ(refused.status, 500);
  EXPECT_EQ(refused.body, R"({"message":"no such an url "})");
}

TEST_F(DtmApi, ShowsAValueWithAllItsFields) {
  const time_point created{std::chrono::seconds{1'795'366'818}};
  door.kv = {"topics", "t1", R"([{"url":"u1","remark":"rr"}])", 2, created, created + std::chrono::milliseconds{500}};
  const std::string shown =
      R"({"id":0,"create_time":"2026-11-22T17:00:18Z","update_time":"2026-11-22T17:00:18.5Z","cat":"topics","k":"t1",)"
      R"("v":"[{\"url\":\"u1\",\"remark\":\"rr\"}]","version":2})";
  EXPECT_EQ(get("/api/dtmsvr/queryKV?cat=topics&key=t1").body, R"({"kv":[)" + shown + "]}");
  EXPECT_EQ(get("/api/dtmsvr/queryKV?cat=topics&key=t2").body, R"({"kv":[]})");
  EXPECT_EQ(get("/api/dtmsvr/queryKV?cat=topics&key=down").status, 503);
  EXPECT_EQ(get("/api/dtmsvr/queryKV?cat=topics").body, R"({"kv":[)" + shown + "]}");
  EXPECT_EQ(get("/api/dtmsvr/scanKV?cat=topics&limit=1&position=").body,
            R"({"kv":[)" + shown + R"(],"next_position":"next/1"})");
}

TEST_F(DtmApi, PagesThroughValuesWithinALimit) {
  get("/api/dtmsvr/scanKV?cat=topics&limit=7&position=next%2F1");
  get("/api/dtmsvr/scanKV?limit=5000");
  get("/api/dtmsvr/queryKV");
  ASSERT_THAT(door.kv_requests, SizeIs(3));
  EXPECT_EQ(door.kv_requests[0].category, "topics");
  EXPECT_EQ(door.kv_requests[0].limit, 7u);
  EXPECT_EQ(door.kv_requests[0].position, "next/1");
  EXPECT_EQ(door.kv_requests[1].limit, 50u);
  EXPECT_EQ(door.kv_requests[2].limit, 50u);
  EXPECT_EQ(get("/api/dtmsvr/scanKV?limit=x").status, 500);
  EXPECT_EQ(get("/api/dtmsvr/scanKV?limit=0").status, 500);
  EXPECT_EQ(get("/api/dtmsvr/scanKV?position=bad").body, R"({"message":"not a position: bad"})");
}

TEST_F(DtmApi, CountsRequestsUnderLabelsThatAreBounded) {
  submit(saga);
  submit("hello");
  get("/api/dtmsvr/query?gid=s1");
  get("/api/ping");
  for (int i = 0; i < 20; ++i) kit::request(server.port(), "DELETE", "/api/dtmsvr/topic/t" + std::to_string(i));
  for (int i = 0; i < 20; ++i) get("/nowhere/" + std::to_string(i));
  const std::string text = metrics_text(*registry);
  EXPECT_THAT(text, HasSubstr(R"(dtm_server_process_total{api="submit",status="ok",type="http"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(dtm_server_process_total{api="submit",status="fail",type="http"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(dtm_server_process_total{api="query",status="ok",type="http"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(dtm_server_process_total{api="unknown",status="fail",type="http"} 20)"));
  EXPECT_THAT(text, HasSubstr(R"(dtm_server_process_total{api="topic",status="ok",type="http"} 20)"));
  EXPECT_THAT(text, HasSubstr(R"(dtm_server_response_duration_count{api="submit",type="http"} 2)"));
  EXPECT_THAT(text, Not(HasSubstr("ping")));
  EXPECT_THAT(text, Not(HasSubstr("nowhere")));
}

// The coordinator goes on with what it promised; only the client has lost interest.
TEST_F(DtmApi, DoesNotMindClientsThatLeave) {
  door.hold = true;
  {
    http_talker client{server.port()};
    client.say("POST /api/dtmsvr/submit HTTP/1.1\r\nContent-Length: " + std::to_string(saga.size()) + "\r\n\r\n");
    client.say(saga);
    ASSERT_TRUE(kit::eventually([this] {
      const std::lock_guard guard{door.mutex};
      return !door.held.empty();
    }));
  }
  {
    const std::lock_guard guard{door.mutex};
    door.hold = false;
    door.held[0]->answer({});
  }
  EXPECT_EQ(submit(saga).body, ok);
}

TEST(HttpRouter, FindsRoutesOfTheApplicationWithParameters) {
  prometheus::Registry registry;
  http_router routes{registry};
  std::string seen;
  const auto named = [&seen](std::string name) {
    return [&seen, name](const http_request& request, std::shared_ptr<http_responder>) {
      seen = name + ":" + std::string{request.path};
    };
  };
  class nobody final : public http_responder {
    void reply(http_reply what) override { status = what.status; }

  public:
    int status = 0;
  };
  routes.add("GET", "/healthz", named("health"), route_metrics::uncounted);
  routes.add("DELETE", "/topic/:name", named("topic"));
  routes.add("GET", "/topic/:name/size", named("size"));
  const auto to = std::make_shared<nobody>();
  const auto visit = [&](std::string_view method, std::string_view path) {
    seen.clear();
    to->status = 0;
    routes.handle({method, path, {}, {}}, to);
    return seen;
  };
  EXPECT_EQ(visit("GET", "/healthz"), "health:/healthz");
  EXPECT_EQ(visit("DELETE", "/topic/t1"), "topic:/topic/t1");
  EXPECT_EQ(visit("GET", "/topic/t1/size"), "size:/topic/t1/size");
  EXPECT_EQ(visit("DELETE", "/topic/"), "");
  EXPECT_EQ(to->status, 404);
  EXPECT_EQ(visit("DELETE", "/topic/t1/more/"), "");
  EXPECT_EQ(to->status, 404);
  EXPECT_EQ(visit("GET", "/topic/t1/size/"), "");
  EXPECT_EQ(to->status, 301);
}

}  // namespace
}  // namespace treaty
