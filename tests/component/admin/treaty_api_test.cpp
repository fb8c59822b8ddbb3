#include "admin/treaty_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/http/router.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

txn_record saga(const std::string& id, txn_status status = txn_status::submitted) {
  auto definition = std::make_shared<txn_definition>();
  definition->gid = gid{id};
  definition->create_time = time_point{1'000s};
  definition->steps = {{.action = "http://bank/debit", .compensate = "http://bank/credit"}};
  definition->payloads = {"{}"};
  txn_record record;
  record.definition = std::move(definition);
  record.progress.status = status;
  record.progress.legs.resize(2);
  return record;
}

txn_record large_saga(const std::string& id, std::size_t payload_bytes) {
  txn_record record = saga(id);
  auto definition = std::make_shared<txn_definition>(*record.definition);
  definition->payloads = {std::string(payload_bytes, '<')};
  record.definition = std::move(definition);
  return record;
}

/// Writes down what is asked, and says what the test wants, on the caller's thread.
class scripted_door final : public ingress {
public:
  void offer(gid id, event what, std::size_t, std::shared_ptr<answer_sink> to) override {
    events.emplace_back(id.value, std::move(what));
    const auto refused = refuses.find(id.value);
    if (refused != refuses.end()) return to->answer(refused->second);
    if (ends_as) stored[id.value].progress.status = *ends_as;
    if (hold) return held.push_back(std::move(to));
    to->answer({});
  }
  void query(gid id, on_result<txn_record> done) override { done(find(id)); }
  void history(gid id, on_result<txn_history> done) override {
    auto found = find(id);
    if (!found) return done(found.error());
    done(txn_history{*found, {{.entries = {{.at = time_point{1'001s}, .leg = 1, .text = "boom"}}}}});
  }
  void wait_end(gid id, std::chrono::milliseconds limit, on_result<txn_record> done) override {
    waits.push_back(limit);
    done(find(id));
  }
  void list(list_request request, on_result<listing> done) override {
    lists.push_back(request);
    if (request.position == "bad") return done(failure{errc::invalid_argument, "not a cursor: bad"});
    if (lists.size() > pages.size()) return done(endless ? listing{{}, "more"} : listing{});
    done(pages[lists.size() - 1]);
  }
  void reset_cron(std::chrono::seconds, std::size_t, on_result<cron_reset>) override {}
  void change_topic(topic_change, std::shared_ptr<answer_sink>) override {}
  void query_kv(std::string, std::string, on_result<kv_record>) override {}
  void list_kv(kv_request, on_result<kv_listing>) override {}

  result<txn_record> find(const gid& id) const {
    if (id.value == "broken") return failure{errc::corrupt, "bad checksum"};
    if (id.value == "down") return failure{errc::unavailable, "the store is failing"};
    if (id.value == "busy") return failure{errc::overloaded, "too many wait already"};
    const auto found = stored.find(id.value);
    if (found == stored.end()) return failure{errc::not_found, id.value};
    return found->second;
  }

  std::map<std::string, txn_record> stored;
  std::map<std::string, answer> refuses;
  std::optional<txn_status> ends_as;
  bool hold = false;
  bool endless = false;
  std::vector<listing> pages;
  std::vector<std::shared_ptr<answer_sink>> held;
  std::vector<std::pair<std::string, event>> events;
  std::vector<list_request> lists;
  std::vector<std::chrono::milliseconds> waits;
};

class reply_catcher final : public http_responder {
public:
  explicit reply_catcher(std::optional<http_reply>& to) : to_{to} {}
  void reply(http_reply what) override {
    EXPECT_FALSE(to_) << "a request is answered once";
    to_ = std::move(what);
  }

private:
  std::optional<http_reply>& to_;
};

class TreatyApi : public ::testing::Test {
protected:
  TreatyApi() {
    for (api_route& one : treaty_api(door)) routes.add(one.method, one.path, std::move(one.handler));
    for (const char* const id : {"s1", "retry"}) door.stored[id] = saga(id);
  }

  std::optional<http_reply> ask(std::string_view method, const std::string& target, std::string_view body = {}) {
    std::optional<http_reply> caught;
    const std::string_view whole = target;
    const std::size_t mark = std::min(whole.find('?'), whole.size());
    const http_request request{.method = method,
                               .path = whole.substr(0, mark),
                               .query = whole.substr(std::min(mark + 1, whole.size())),
                               .body = body};
    last = std::make_shared<reply_catcher>(waiting);
    waiting.reset();
    routes.handle(request, last);
    return waiting;
  }
  http_reply get(const std::string& path) {
    return ask("GET", "/api/treaty/v1/" + path).value_or(http_reply{.status = 0, .body = {}, .headers = {}});
  }
  http_reply post(const std::string& path, std::string_view body = R"({"actor":"ann","reason":"ticket 99"})") {
    return ask("POST", "/api/treaty/v1/" + path, body).value_or(http_reply{.status = 0, .body = {}, .headers = {}});
  }
  static std::string code_of(const http_reply& reply) {
    const json told = json::parse(reply.body, nullptr, false);
    return told.is_object() && told.contains("error") ? told["error"].value("code", "") : "no error: " + reply.body;
  }
  static std::string message_of(const http_reply& reply) { return json::parse(reply.body)["error"]["message"]; }

  scripted_door door;
  prometheus::Registry registry;
  http_router routes{registry};
  std::optional<http_reply> waiting;
  std::shared_ptr<reply_catcher> last;
};

TEST_F(TreatyApi, ReadsOneTransactionWhateverBytesItsGidHas) {
  EXPECT_EQ(json::parse(get("transactions/s1").body)["gid"], "s1");
  for (const auto& [id, path] : std::map<std::string, std::string>{
           {"a/b", "a%2Fb"}, {"a b+c", "a%20b+c"}, {"\u00e4?#%", "%C3%A4%3F%23%25"}, {"history", "history"}}) {
    door.stored[id] = saga(id);
    const http_reply reply = get("transactions/" + path);
    EXPECT_EQ(reply.status, 200) << path << ": " << reply.body;
    EXPECT_EQ(json::parse(reply.body)["gid"], id);
  }
  EXPECT_EQ(json::parse(get("transactions/retry").body)["gid"], "retry") << "the path of another route is a gid, too";
}

TEST_F(TreatyApi, RefusesInOneShape) {
  const std::map<std::string, std::pair<int, std::string>> expected{
      {"transactions/none", {404, "not_found"}},
      {"transactions/broken", {500, "internal"}},
      {"transactions/down", {503, "unavailable"}},
      {"transactions/none/history", {404, "not_found"}},
      {"transactions/busy/wait", {429, "overloaded"}},
      {"transactions/none/wait", {404, "not_found"}},
      {"transactions?x=1", {400, "invalid_argument"}},
      {"transactions?cursor=bad", {400, "invalid_argument"}},
      {"transactions/s1?x=1", {400, "invalid_argument"}},
      {"transactions/s1/history?x", {400, "invalid_argument"}},
      {"transactions/" + std::string(129, 'x'), {400, "invalid_argument"}},
      {"transactions/s1/wait?timeout=x", {400, "invalid_argument"}},
      {"openapi.json?x=1", {400, "invalid_argument"}},
      {"nowhere", {404, "not_found"}},
      {"transactions/", {404, "not_found"}},
      {"transactions/s1/nothing", {404, "not_found"}}};
  for (const auto& [path, wanted] : expected) {
    const http_reply reply = get(path);
    EXPECT_EQ(reply.status, wanted.first) << path;
    EXPECT_EQ(code_of(reply), wanted.second) << path;
  }
  EXPECT_THAT(get("transactions/busy/wait").headers, ElementsAre(std::pair{"Retry-After", "1"}));
}

TEST_F(TreatyApi, SaysWhichMethodAPathTakes) {
  const std::vector<std::tuple<std::string, std::string, std::string>> wrong{
      {"POST", "transactions", "GET"},
      {"DELETE", "transactions/s1", "GET"},
      {"HEAD", "transactions/s1", "GET"},
      {"GET", "transactions/s1/retry", "POST"},
      {"PUT", "transactions/retry", "GET, POST"},
      {"GET", "transactions/s1/branches/01/action/skip", "POST"}};
  for (const auto& [method, path, allowed] : wrong) {
    const auto reply = ask(method, "/api/treaty/v1/" + path);
    ASSERT_TRUE(reply) << path;
    EXPECT_EQ(reply->status, 405) << method << " " << path;
    EXPECT_THAT(reply->headers, ElementsAre(std::pair{"Allow", allowed})) << method << " " << path;
    EXPECT_EQ(code_of(*reply), "method_not_allowed");
  }
}

// DTM's clients know a wrong method as 404 in plain text.
TEST_F(TreatyApi, LeavesTheOtherRoutesAsTheyAre) {
  routes.add("GET", "/api/dtmsvr/query",
             [](const http_request&, std::shared_ptr<http_responder> to) { to->reply({}); });
  EXPECT_EQ(ask("POST", "/api/dtmsvr/query")->body, "404 page not found");
  EXPECT_EQ(ask("GET", "/api/treaty")->body, "404 page not found");
}

TEST_F(TreatyApi, FillsAPageWithAsManyLookUpsAsItTakes) {
  door.pages = {{{saga("a")}, "p1"}, {{}, "p2"}, {{saga("b"), saga("c")}, "p3"}};
  const json page = json::parse(get("transactions?limit=3&stuck=true&destination=bank").body);
  EXPECT_THAT(page["transactions"], SizeIs(3));
  EXPECT_EQ(page["next_cursor"], "p3");
  ASSERT_THAT(door.lists, SizeIs(3));
  EXPECT_EQ(door.lists[0].limit, 3U);
  EXPECT_EQ(door.lists[2].limit, 2U);
  EXPECT_EQ(door.lists[2].position, "p2");
  EXPECT_EQ(door.lists[2].stuck, true);
  EXPECT_EQ(door.lists[2].destination, "bank");
}

// A look-up that ends because its records are large is not a slow one.
TEST_F(TreatyApi, FillsAPageWithLargeTransactionsToo) {
  for (int i = 0; i < 6; ++i) door.pages.push_back({{large_saga("g" + std::to_string(i), 1'100'000)}, "p"});
  const json page = json::parse(get("transactions?limit=6").body);
  EXPECT_THAT(page["transactions"], SizeIs(6));
}

TEST_F(TreatyApi, EndsAListWithNull) {
  door.pages = {{{saga("a")}, ""}};
  EXPECT_TRUE(json::parse(get("transactions").body)["next_cursor"].is_null());
}

// A filter that matches nothing must not scan the whole store for one request.
TEST_F(TreatyApi, BoundsTheWorkOfOneList) {
  door.endless = true;
  const json page = json::parse(get("transactions?stuck=true").body);
  EXPECT_THAT(page["transactions"], IsEmpty());
  EXPECT_EQ(page["next_cursor"], "more");
  EXPECT_LE(door.lists.size(), 100U);
}

TEST_F(TreatyApi, TellsTheHistory) {
  const json told = json::parse(get("transactions/s1/history").body);
  EXPECT_EQ(told["entries"][0]["kind"], "created");
  EXPECT_EQ(told["entries"][1]["answer"], "boom");
}

TEST_F(TreatyApi, WaitsAsLongAsItIsAsked) {
  EXPECT_EQ(json::parse(get("transactions/s1/wait?timeout=1500ms").body)["finished"], false);
  door.stored["s1"].progress.status = txn_status::succeed;
  const json told = json::parse(get("transactions/s1/wait").body);
  EXPECT_EQ(told["finished"], true);
  EXPECT_EQ(told["transaction"]["status"], "succeed");
  EXPECT_THAT(door.waits, ElementsAre(1500ms, 30s));
}

TEST_F(TreatyApi, HandsActionsOnWithActorAndReason) {
  const operator_note by{"ann", "ticket 99"};
  EXPECT_EQ(post("transactions/s1/retry").status, 200);
  EXPECT_EQ(post("transactions/s1/branches/01/action/skip").status, 200);
  door.ends_as = txn_status::failed;
  EXPECT_EQ(json::parse(post("transactions/s1/stop").body)["status"], "failed") << "the answer is the state after it";
  ASSERT_THAT(door.events, SizeIs(3));
  EXPECT_EQ(std::get<retry_requested>(door.events[0].second).by, by);
  const auto& skip = std::get<skip_requested>(door.events[1].second);
  EXPECT_EQ(skip.by, by);
  EXPECT_EQ(skip.branch.value, "01");
  EXPECT_EQ(skip.op, "action");
  EXPECT_EQ(std::get<force_stop_requested>(door.events[2].second).by, by);
}

TEST_F(TreatyApi, RefusesActionsThatMakeNoSense) {
  door.stored["done"] = saga("done", txn_status::succeed);
  door.refuses["s1"] = {answer_kind::failure, "branch 01 action was not called yet"};
  const std::vector<std::tuple<std::string, int, std::string>> expected{
      {"transactions/none/retry", 404, "there is no transaction 'none'"},
      {"transactions/done/retry", 409, "'succeed'"},
      {"transactions/done/stop", 409, "'succeed'"},
      {"transactions/s1/branches/09/action/skip", 404, "no branch '09'"},
      {"transactions/s1/branches/01/confirm/skip", 404, "operation 'confirm'"},
      {"transactions/s1/branches/01/action/skip", 409, "was not called yet"}};
  for (const auto& [path, status, message] : expected) {
    const http_reply reply = post(path);
    EXPECT_EQ(reply.status, status) << path;
    EXPECT_THAT(message_of(reply), HasSubstr(message)) << path;
  }
}

TEST_F(TreatyApi, DoesNothingWithoutANameAndAReason) {
  for (const char* const path : {"transactions/s1/retry", "transactions/s1/stop",
                                 "transactions/s1/branches/01/action/skip", "transactions/retry"}) {
    for (const char* const body : {"", "{}", R"({"actor":"ann"})", R"({"actor":"","reason":"r"})", "[1]", "{"}) {
      const http_reply reply = post(path, body);
      EXPECT_EQ(reply.status, 400) << path << " " << body;
      EXPECT_EQ(code_of(reply), "invalid_argument");
    }
  }
  EXPECT_THAT(door.events, IsEmpty());
  EXPECT_THAT(door.lists, IsEmpty());
}

TEST_F(TreatyApi, RetriesWhatMatchesPageByPage) {
  door.pages = {{{saga("a"), saga("done", txn_status::succeed)}, "p1"}, {{saga("b"), saga("full")}, ""}};
  door.refuses["full"] = {answer_kind::internal, "no"};
  const json told = json::parse(
      post("transactions/retry", R"({"actor":"ann","reason":"back","filter":{"destination":"bank"},"limit":500})")
          .body);
  EXPECT_EQ(told, (json{{"retried", 2}, {"refused", 1}, {"next_cursor", nullptr}}));
  EXPECT_EQ(door.events.size(), 3U);
  EXPECT_EQ(door.lists[0].destination, "bank");
  EXPECT_LE(door.lists[0].limit, 100U) << "other work gets its turn in between";
  EXPECT_TRUE(std::get<retry_requested>(door.events[0].second).among_many);
  EXPECT_EQ(door.lists[1].position, "p1");
}

TEST_F(TreatyApi, RetriesNoMoreThanItsLimit) {
  door.pages = {{{saga("a")}, "p1"}, {{saga("b")}, "p2"}, {{saga("c")}, "p3"}};
  const json told = json::parse(post("transactions/retry", R"({"actor":"a","reason":"r","all":true,"limit":2})").body);
  EXPECT_EQ(told, (json{{"retried", 2}, {"refused", 0}, {"next_cursor", "p2"}}));
  EXPECT_EQ(door.lists[1].limit, 1U);
}

// Over its limit the door is left alone; the cursor leads on.
TEST_F(TreatyApi, StopsRetryingWhenTheDoorIsFull) {
  door.pages = {{{saga("a")}, "p1"}, {{saga("b")}, "p2"}};
  door.refuses["a"] = {answer_kind::overloaded, "too many transactions"};
  const json told = json::parse(post("transactions/retry", R"({"actor":"a","reason":"r","all":true})").body);
  EXPECT_EQ(told, (json{{"retried", 0}, {"refused", 1}, {"next_cursor", "p1"}}));
}

TEST_F(TreatyApi, AnswersARetryOfManyWhenTheLastOneIsThrough) {
  door.hold = true;
  door.pages = {{{saga("a"), saga("b")}, ""}};
  EXPECT_FALSE(ask("POST", "/api/treaty/v1/transactions/retry", R"({"actor":"a","reason":"r","all":true})"));
  ASSERT_THAT(door.held, SizeIs(2));
  door.held[1]->answer({});
  EXPECT_FALSE(waiting);
  door.held[0]->answer({});
  ASSERT_TRUE(waiting);
  EXPECT_EQ(json::parse(waiting->body)["retried"], 2);
}

TEST_F(TreatyApi, ServesItsDocumentByteForByte) {
  std::ifstream file{std::string{TREATY_SOURCE_DIR} + "/admin/openapi.json", std::ios::binary};
  const std::string written{std::istreambuf_iterator<char>{file}, {}};
  EXPECT_EQ(get("openapi.json").body, written);
}

/// A path that is served and not described, or the reverse, misleads whoever reads the document.
TEST_F(TreatyApi, DescribesEveryRouteInItsDocument) {
  const json document = json::parse(openapi_document());
  std::vector<std::string> described;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, about] : methods.items()) described.push_back(method + " " + path);
  }
  std::vector<std::string> served;
  for (const api_route& one : treaty_api(door)) {
    if (one.method == "*") continue;
    std::string path;
    for (const char letter : std::string{one.path} + "/") {
      const std::size_t start = path.rfind('/');
      if (letter == '/' && start != std::string::npos && path.size() > start + 1 && path[start + 1] == ':') {
        path = path.substr(0, start + 1) + "{" + path.substr(start + 2) + "}";
      }
      path += letter;
    }
    path.pop_back();
    served.push_back((one.method == "GET" ? "get " : "post ") + path);
  }
  EXPECT_THAT(described, ::testing::UnorderedElementsAreArray(served));
}

}  // namespace
}  // namespace treaty
