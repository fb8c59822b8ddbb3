#include "net/http/branch_http_client.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <latch>
#include <vector>

#include "net/http/client_metrics.hpp"
#include "net/http/name_resolver.hpp"
#include "tests/kit/lane_thread.hpp"
#include "tests/kit/participant.hpp"
#include "tests/kit/raw_participant.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

class HttpClient : public testing::Test {
protected:
  HttpClient() : HttpClient{http_client_options{}} {}
  explicit HttpClient(http_client_options options, name_look_up names = {})
      : loop{std::make_shared<asio_loop>(std::move(names))},
        client{std::make_shared<http_transport>(loop, std::move(options), metrics)},
        lane{loop} {}
  ~HttpClient() override { lane.stop(); }

  static branch_call call_of(std::string url, std::string payload = "", std::chrono::milliseconds timeout = 10s) {
    auto texts = std::make_shared<std::pair<std::string, std::string>>(std::move(url), std::move(payload));
    branch_call call;
    call.gid = "g1";
    call.id = branch_id{"01"};
    call.op = "action";
    call.url = texts->first;
    call.payload = texts->second;
    call.timeout = timeout;
    call.keep = std::move(texts);
    return call;
  }
  std::future<branch_reply> start(branch_call call) { return lane.start(client, std::move(call)); }
  branch_reply make(branch_call call) { return start(std::move(call)).get(); }
  branch_reply make(std::string url, std::string payload = "") {
    return make(call_of(std::move(url), std::move(payload)));
  }
  std::string shown() { return prometheus::TextSerializer{}.Serialize(registry.Collect()); }

  prometheus::Registry registry;
  http_client_metrics metrics{registry};
  std::shared_ptr<asio_loop> loop;
  branch_http_client client;
  kit::lane_thread lane;
};

std::string first_head_of(kit::tcp_stream& stream) {
  std::string head;
  kit::read_head(stream, head);
  return head;
}

// Participants in many languages read exactly these names, in whatever case, and this query.
TEST_F(HttpClient, SendsWhatTheProtocolSays) {
  kit::participant service;
  auto call = call_of(service.url("/pay?x=1"), R"({"a":1})");
  const std::map<std::string, std::string> headers{
      {"test_header", "hv"}, {"X-b", "2"}, {"content-type", "text/plain"}, {"content-length", "9"}};
  call.headers = &headers;
  EXPECT_EQ(make(call).outcome, call_outcome::success);
  const auto seen = service.ledger();
  ASSERT_EQ(seen.size(), 1u);
  const auto& message = seen[0].message;
  EXPECT_EQ(message.start_line, "POST /pay?x=1&branch_id=01&gid=g1&op=action&trans_type=saga HTTP/1.1");
  EXPECT_EQ(message.body, R"({"a":1})");
  EXPECT_EQ(message.header("content-type"), "text/plain");
  EXPECT_EQ(message.header("accept"), "application/json");
  EXPECT_EQ(message.header("accept-encoding"), "gzip");
  EXPECT_EQ(message.header("test_header"), "hv");
  EXPECT_EQ(message.header("x-b"), "2");
  EXPECT_EQ(message.header("content-length"), "7");
  EXPECT_EQ(message.header("host"), "127.0.0.1:" + std::to_string(service.port()));
  EXPECT_THAT(std::string{message.header("user-agent")}, StartsWith("treaty"));
}

// What Go's clients do with them, so that participants behind a gateway, or a password, are reached.
TEST_F(HttpClient, CallsWhomTheHostHeaderNamesAsWhomTheUrlNames) {
  kit::participant service;
  kit::participant other;
  service.on("/away", kit::scripted_reply{.status = 307, .body = "", .headers = {"Location: " + other.url("/b")}});
  const std::string host_and_port = "127.0.0.1:" + std::to_string(service.port());
  auto call = call_of("http://us%65r:p%40ss@" + host_and_port + "/away?x=a@b", "body");
  const std::map<std::string, std::string> headers{{"host", "shop.example"}, {"X-B", "2"}};
  call.headers = &headers;
  EXPECT_EQ(make(call).outcome, call_outcome::success);
  const auto first = service.ledger().at(0).message;
  EXPECT_THAT(first.start_line, StartsWith("POST /away?x=a@b&branch_id=01"));
  EXPECT_EQ(first.header("host"), "shop.example");
  EXPECT_EQ(first.header("authorization"), "Basic dXNlcjpwQHNz");
  EXPECT_EQ(first.header("x-b"), "2");
  const auto second = other.ledger().at(0).message;
  EXPECT_EQ(second.header("host"), "127.0.0.1:" + std::to_string(other.port()));
  EXPECT_EQ(second.header("authorization"), "");
  EXPECT_EQ(second.header("x-b"), "2");
  EXPECT_EQ(make("http://name@" + host_and_port + "/p").outcome, call_outcome::success);
  EXPECT_EQ(service.ledger().at(1).message.header("authorization"), "Basic bmFtZTo=");
}

TEST_F(HttpClient, ShowsNoPassword) {
  const kit::refused_port nobody;
  const std::string login = "http://name:secret@";
  EXPECT_EQ(make(login + "127.0.0.1:" + std::to_string(nobody.port()) + "/p").detail.find("secret"), std::string::npos);
  EXPECT_EQ(make(login + "h:99999/p").detail.find("secret"), std::string::npos);
  EXPECT_EQ(shown().find("secret"), std::string::npos);
}

TEST_F(HttpClient, CanonicalisesHeaderNamesAndUsesGetWithoutPayload) {
  std::promise<std::string> head;
  kit::raw_participant service{[&](kit::tcp_stream& stream, int) {
    head.set_value(first_head_of(stream));
    stream.write(kit::ok_answer(""), kit::steady::now() + 5s);
  }};
  auto call = call_of(service.url("/p"));
  const std::map<std::string, std::string> headers{{"test_header", "hv"}, {"x-b-CC", "2"}};
  call.headers = &headers;
  EXPECT_EQ(make(call).outcome, call_outcome::success);
  const std::string text = head.get_future().get();
  EXPECT_THAT(text, StartsWith("GET /p?branch_id=01&gid=g1&op=action&trans_type=saga HTTP/1.1\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nTest_header: hv\r\nX-B-Cc: 2\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nContent-Type: application/json\r\n"));
}

// XA's second phase has no payload and is a POST all the same.
TEST_F(HttpClient, PostsAnEmptyBodyForXa) {
  kit::participant service;
  auto call = call_of(service.url("/xa"));
  call.type = trans_type::xa;
  EXPECT_EQ(make(call).outcome, call_outcome::success);
  EXPECT_THAT(service.ledger().at(0).message.start_line, StartsWith("POST /xa?"));
  EXPECT_EQ(service.ledger().at(0).message.header("content-length"), "0");
}

TEST_F(HttpClient, TellsTheFourOutcomesApart) {
  kit::participant service;
  service.on("/refuse", kit::scripted_reply{.status = 409, .body = "no money"});
  service.on("/later", kit::scripted_reply{.status = 425, .body = "wait"});
  service.on("/boom", kit::scripted_reply{.status = 500, .body = "boom"});
  EXPECT_EQ(make(service.url("/fine"), "x").outcome, call_outcome::success);
  const branch_reply refused = make(service.url("/refuse"), "x");
  EXPECT_EQ(refused.outcome, call_outcome::failure);
  EXPECT_EQ(refused.detail, "no money");
  EXPECT_EQ(make(service.url("/later"), "x").outcome, call_outcome::ongoing);
  const branch_reply unknown = make(service.url("/boom"), "x");
  EXPECT_EQ(unknown.outcome, call_outcome::unknown);
  EXPECT_EQ(unknown.detail, "boom");
}

TEST_F(HttpClient, KeepsConnectionsForTheNextCall) {
  kit::raw_participant service{[](kit::tcp_stream& stream, int) { kit::answer_each(stream, kit::ok_answer("ok")); }};
  for (int i = 0; i < 20; ++i) EXPECT_EQ(make(service.url("/p")).outcome, call_outcome::success);
  EXPECT_EQ(service.connections(), 1);
  EXPECT_THAT(shown(), HasSubstr("treaty_http_client_connections 1"));
}

TEST_F(HttpClient, OpensAnotherConnectionAfterOneThatSaysClose) {
  kit::raw_participant service{[](kit::tcp_stream& stream, int) {
    kit::answer_each(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
  }};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(make(service.url("/p")).outcome, call_outcome::success);
  EXPECT_EQ(service.connections(), 3);
}

// Services close idle connections whenever they like; a call that meets this is not a failed call.
TEST_F(HttpClient, RepeatsACallOnceWhenAKeptConnectionTurnsOutClosed) {
  kit::raw_participant service{[](kit::tcp_stream& stream, int connection) {
    std::string head;
    kit::read_head(stream, head);
    stream.write(kit::ok_answer("ok"), kit::steady::now() + 5s);
    if (connection > 0) return kit::wait_for_close(stream);
    head.clear();
    kit::read_head(stream, head);  // takes the second request, and hangs up
  }};
  EXPECT_EQ(make(service.url("/p")).outcome, call_outcome::success);
  EXPECT_EQ(make(service.url("/p")).outcome, call_outcome::success);
  EXPECT_EQ(service.connections(), 2);
}

TEST_F(HttpClient, DoesNotRepeatACallOnAFreshConnection) {
  kit::raw_participant service{[](kit::tcp_stream& stream, int) { first_head_of(stream); }};
  const branch_reply reply = make(service.url("/p"));
  EXPECT_EQ(reply.outcome, call_outcome::unknown);
  EXPECT_THAT(reply.detail, HasSubstr("closed without an answer"));
  EXPECT_EQ(service.connections(), 1);
}

TEST_F(HttpClient, GivesUpWhenTheTimeIsOver) {
  kit::raw_participant service{[](kit::tcp_stream& stream, int) { kit::wait_for_close(stream); }};
  const auto before = kit::steady::now();
  const branch_reply reply = make(call_of(service.url("/p"), "", 200ms));
  EXPECT_EQ(reply.outcome, call_outcome::unknown);
  EXPECT_THAT(reply.detail, StartsWith("timed out after 200 ms, waiting for the answer of http://127.0.0.1:"));
  EXPECT_GE(kit::steady::now() - before, 200ms);
  EXPECT_LT(kit::steady::now() - before, 5s);
}

// A trickle must not keep a call alive: the time-out covers the whole exchange.
TEST_F(HttpClient, GivesUpOnAnAnswerThatTrickles) {
  kit::raw_participant service{[](kit::tcp_stream& stream, int) {
    first_head_of(stream);
    stream.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", kit::steady::now() + 5s);
    while (stream.write("x", kit::steady::now() + 5s)) {
      std::string ignored;
      if (stream.read_some(ignored, kit::steady::now() + 50ms) == kit::tcp_stream::read_end::closed) return;
    }
  }};
  EXPECT_THAT(make(call_of(service.url("/p"), "", 300ms)).detail, StartsWith("timed out after 300 ms"));
}

TEST_F(HttpClient, NamesAConnectionThatIsRefused) {
  const kit::refused_port nobody;
  const branch_reply reply = make("http://127.0.0.1:" + std::to_string(nobody.port()) + "/p");
  EXPECT_EQ(reply.outcome, call_outcome::unknown);
  EXPECT_THAT(reply.detail, HasSubstr("Connection refused"));
}

TEST_F(HttpClient, NamesAHostThatIsNotKnown) {
  const branch_reply reply = make("http://no-such-host.invalid/p");
  EXPECT_EQ(reply.outcome, call_outcome::unknown);
  EXPECT_THAT(reply.detail, HasSubstr("no-such-host.invalid"));
}

TEST_F(HttpClient, FindsHostsByName) {
  kit::participant service;
  EXPECT_EQ(make("http://localhost:" + std::to_string(service.port()) + "/p").outcome, call_outcome::success);
}

name_look_up scripted(std::shared_ptr<const std::vector<std::string>> addresses) {
  return {.ask = [addresses = std::move(addresses)](const std::string&, std::uint16_t port) {
    name_resolver::answer out;
    for (const std::string& one : *addresses) out.found.emplace_back(boost::asio::ip::make_address(one), port);
    return out;
  }};
}

/// Listens on an address of this machine, and takes nothing: its queue is full, so that the kernel answers nothing.
class black_hole {
public:
  black_hole(const char* where, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, where, &address.sin_addr);
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    descriptors_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(descriptors_[0], generic, sizeof address) != 0 || ::listen(descriptors_[0], 0) != 0)
      throw std::runtime_error{"cannot listen on " + std::string{where}};
    for (int full = 0; full < 8; ++full) {
      descriptors_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(descriptors_.back(), generic, sizeof address);
    }
  }
  black_hole(const black_hole&) = delete;
  black_hole& operator=(const black_hole&) = delete;
  ~black_hole() {
    for (const int one : descriptors_) ::close(one);
  }

private:
  std::vector<int> descriptors_;
};

class HttpClientOfOneNameWithManyAddresses : public HttpClient {
protected:
  HttpClientOfOneNameWithManyAddresses() : HttpClientOfOneNameWithManyAddresses{std::make_shared<list>()} {}

  using list = std::vector<std::string>;
  explicit HttpClientOfOneNameWithManyAddresses(std::shared_ptr<list> known)
      : HttpClient{{.idle_connections_max = 0, .addresses_kept = 0ms}, scripted(known)}, addresses{std::move(known)} {}
  const std::shared_ptr<list> addresses;
};

// A machine that is gone answers nothing, and its address may stay in the name service for hours.
TEST_F(HttpClientOfOneNameWithManyAddresses, ReachesTheOneThatIsThereBehindThoseWhereNobodyAnswers) {
  kit::raw_participant service{[](kit::tcp_stream& stream, int) { kit::answer_each(stream, kit::ok_answer("ok")); }};
  const black_hole gone{"127.0.0.2", service.port()};
  const black_hole gone_too{"127.0.0.3", service.port()};
  *addresses = {"127.0.0.2", "127.0.0.3", "127.0.0.1"};
  const std::string url = "http://service.test:" + std::to_string(service.port()) + "/p";
  const branch_reply first = make(call_of(url, "", 3s));
  EXPECT_EQ(first.outcome, call_outcome::success) << first.detail;
  const auto began = kit::steady::now();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(make(call_of(url, "", 3s)).outcome, call_outcome::success);
  EXPECT_LT(kit::steady::now() - began, 900ms);  // begins with the one that was there
}

TEST_F(HttpClientOfOneNameWithManyAddresses, GoesOnToTheNextOneAfterARefusal) {
  kit::raw_participant service{[](kit::tcp_stream& stream, int) { kit::answer_each(stream, kit::ok_answer("ok")); }};
  *addresses = {"127.0.0.2", "127.0.0.3", "127.0.0.1"};
  const std::string url = "http://service.test:" + std::to_string(service.port()) + "/p";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(make(call_of(url, "", 3s)).outcome, call_outcome::success);
}

// Thousands of transactions that all retry against a dead service must not open a socket each.
TEST_F(HttpClient, StopsConnectingToAServiceThatRefuses) {
  const kit::refused_port nobody;
  const std::string url = "http://127.0.0.1:" + std::to_string(nobody.port()) + "/p";
  for (int i = 0; i < 5; ++i) EXPECT_THAT(make(url).detail, StartsWith("connect to"));
  EXPECT_THAT(shown(), HasSubstr(R"(treaty_destinations_in_trouble{protocol="http",trouble="refuses"} 1)"));
  std::vector<std::future<branch_reply>> calls;
  for (int i = 0; i < 2000; ++i) calls.push_back(start(call_of(url)));
  int at_once = 0;
  for (auto& one : calls) {
    const branch_reply reply = one.get();
    EXPECT_EQ(reply.outcome, call_outcome::unknown);
    EXPECT_THAT(reply.detail, HasSubstr("Connection refused"));
    at_once += reply.detail.find("not tried for another") != std::string::npos;
  }
  EXPECT_GT(at_once, 1900);
}

// The participant that redirected it may have done its part.
TEST_F(HttpClient, SaysThatACallWasMadeWhoseRedirectWasNotFollowed) {
  const kit::refused_port nobody;
  const std::string url = "http://127.0.0.1:" + std::to_string(nobody.port()) + "/p";
  kit::participant service;
  service.on("/away", kit::scripted_reply{.status = 307, .body = "", .headers = {"Location: " + url}});
  branch_reply reply;
  while (reply.detail.find("not tried for another") == std::string::npos) {
    while (make(url).was_called) {
    }
    reply = make(service.url("/away"));
    EXPECT_TRUE(reply.was_called);
  }
}

TEST_F(HttpClient, FollowsRedirects) {
  kit::participant service;
  service.on("/see", kit::scripted_reply{.status = 303, .body = "", .headers = {"Location: /other?y=1"}});
  service.on("/again", kit::scripted_reply{.status = 307, .body = "", .headers = {"Location: again2"}});
  EXPECT_EQ(make(service.url("/see"), "body").outcome, call_outcome::success);
  EXPECT_EQ(make(service.url("/again"), "body").outcome, call_outcome::success);
  const auto seen = service.ledger();
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[1].message.start_line, "GET /other?y=1 HTTP/1.1");
  EXPECT_EQ(seen[1].message.body, "");
  EXPECT_EQ(seen[3].message.start_line, "POST /again2 HTTP/1.1");
  EXPECT_EQ(seen[3].message.body, "body");
}

TEST_F(HttpClient, StopsAfterTenRedirects) {
  kit::participant service;
  service.on("/loop", kit::scripted_reply{.status = 302, .body = "", .headers = {"Location: /loop"}});
  EXPECT_EQ(make(service.url("/loop"), "body").detail, "stopped after 10 redirects");
  EXPECT_EQ(service.ledger().size(), 11u);
}

TEST_F(HttpClient, RefusesARedirectToNowhere) {
  kit::participant service;
  service.on("/ftp", kit::scripted_reply{.status = 302, .body = "", .headers = {"Location: ftp://x/y"}});
  EXPECT_THAT(make(service.url("/ftp"), "body").detail, StartsWith("redirected to a bad url: 'ftp://x/y'"));
}

// Prometheus refuses a scrape as a whole when one name in it is not UTF-8.
TEST_F(HttpClient, ShowsNoNameThatIsNotText) {
  const std::string garbage =
      "http://b\xff\xfe"
      "d:1/x";
  kit::raw_participant service{[&](kit::tcp_stream& stream, int) {
    kit::answer_each(stream, "HTTP/1.1 302 Found\r\nLocation: " + garbage + "\r\nContent-Length: 0\r\n\r\n");
  }};
  EXPECT_THAT(make(service.url("/p")).detail, StartsWith("redirected to a bad url: 'http://b\xEF\xBF\xBD"));
  EXPECT_THAT(make(garbage).detail, StartsWith("bad url: "));
  destination_metrics{metrics, metrics.grpc, "b\xff"}.show(trouble::refuses, true);
  EXPECT_THAT(shown(), HasSubstr("destination=\"b\xEF\xBF\xBD\""));
  EXPECT_EQ(shown().find('\xff'), std::string::npos);
  EXPECT_THAT(make("http://\xC3\xBC.invalid/x").detail, StartsWith("resolve \xC3\xBC.invalid: "));
}

TEST_F(HttpClient, DoesNotTellAnotherHostWhoWeAre) {
  kit::participant other;
  kit::participant service;
  service.on("/away", kit::scripted_reply{.status = 307, .body = "", .headers = {"Location: " + other.url("/b")}});
  auto call = call_of(service.url("/away"), "body");
  const std::map<std::string, std::string> headers{{"Authorization", "secret"}, {"X-B", "2"}};
  call.headers = &headers;
  EXPECT_EQ(make(call).outcome, call_outcome::success);
  EXPECT_EQ(service.ledger().at(0).message.header("authorization"), "secret");
  EXPECT_EQ(other.ledger().at(0).message.header("authorization"), "");
  EXPECT_EQ(other.ledger().at(0).message.header("x-b"), "2");
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string in = text;
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string gzip_answer(const std::string& packed) {
  return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + std::to_string(packed.size()) + "\r\n\r\n" +
         packed;
}

TEST_F(HttpClient, UnpacksGzipWithinABound) {
  kit::raw_participant small{
      [](kit::tcp_stream& stream, int) { kit::answer_each(stream, gzip_answer(gzipped("a FAILURE, packed"))); }};
  EXPECT_EQ(make(small.url("/p")).detail, "a FAILURE, packed");
  kit::raw_participant bomb{[](kit::tcp_stream& stream, int) {
    kit::answer_each(stream, gzip_answer(gzipped(std::string(50'000'000, ' '))));
  }};
  EXPECT_THAT(make(bomb.url("/p")).detail, HasSubstr("a body over 4194304 bytes, which was not read"));
  kit::raw_participant broken{
      [](kit::tcp_stream& stream, int) { kit::answer_each(stream, gzip_answer("this is not gzip")); }};
  EXPECT_THAT(make(broken.url("/p")).detail, HasSubstr("not gzip, or cut short"));
}

struct odd_answer {
  std::string bytes;
  call_outcome outcome;
  std::string detail;
};

// Whatever a participant sends is an outcome, and the next call is not disturbed by it.
TEST_F(HttpClient, JudgesOddAndBrokenAnswers) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  const odd_answer cases[] = {
      {"garbage\r\n\r\n", call_outcome::unknown, "not an HTTP answer"},
      {std::string(70'000, 'x'), call_outcome::unknown, "not an HTTP answer"},
      {head + "X: " + std::string(100'000, 'y') + "\r\n\r\n", call_outcome::unknown, "not an HTTP answer"},
      {head + "Content-Length: nonsense\r\n\r\n", call_outcome::unknown, "not an HTTP answer"},
      {head + "Content-Length: 10\r\n\r\nabc", call_outcome::unknown, "in the middle of the answer"},
      {head + "Content-Length: 99999999999\r\n\r\nabc", call_outcome::unknown,
       "status 200, and a body over 4194304 bytes"},
      {"HTTP/1.1 409 Conflict\r\nContent-Length: 99999999\r\n\r\nno", call_outcome::failure, "status 409"},
      {"HTTP/1.1 425 Too Early\r\nContent-Length: 99999999\r\n\r\nno", call_outcome::ongoing, "status 425"},
      {"HTTP/1.1 500 Oh\r\nContent-Length: 99999999\r\n\r\nno", call_outcome::unknown, "status 500"},
      {head + "Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", call_outcome::success, ""},
      {head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", call_outcome::success, ""},
      {head + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", call_outcome::unknown, "not an HTTP answer"},
      {head + "\r\nuntil the end", call_outcome::success, ""},
      {"HTTP/1.1 100 Continue\r\n\r\n" + kit::ok_answer("ok"), call_outcome::success, ""},
      {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", call_outcome::success, ""},
      {kit::ok_answer("ok") + "more than was asked", call_outcome::success, ""},
      {"HTTP/1.1 204 No Content\r\n\r\n", call_outcome::unknown, "HTTP status 204"},
      {"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", call_outcome::unknown, "HTTP status 302"},
  };
  for (const odd_answer& one : cases) {
    kit::raw_participant service{[&](kit::tcp_stream& stream, int) {
      first_head_of(stream);
      stream.write(one.bytes, kit::steady::now() + 5s);
    }};
    const branch_reply reply = make(service.url("/p"));
    EXPECT_EQ(reply.outcome, one.outcome) << one.bytes.substr(0, 60) << " -> " << reply.detail;
    EXPECT_THAT(reply.detail, HasSubstr(one.detail)) << one.bytes.substr(0, 60);
  }
}

TEST_F(HttpClient, StopsReadingAnEndlessAnswer) {
  kit::raw_participant service{[](kit::tcp_stream& stream, int) {
    first_head_of(stream);
    std::string block = "HTTP/1.1 200 OK\r\n\r\n";
    while (stream.write(block, kit::steady::now() + 5s)) block.assign(65'536, 'x');
  }};
  EXPECT_THAT(make(service.url("/p")).detail, HasSubstr("a body over 4194304 bytes"));
}

// Neither what follows the last chunk nor the rest of a chunk's line is body or header.
TEST_F(HttpClient, StopsReadingAnEndlessLineOfAChunkedAnswer) {
  for (const char* const beginning : {"0\r\nX: ", "5;a=", "0;a=", "5\r\nabcde\r\n3;a="}) {
    std::atomic<std::size_t> taken{0};
    kit::raw_participant service{[&](kit::tcp_stream& stream, int) {
      first_head_of(stream);
      std::string block = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
      block += beginning;
      while (taken < 64'000'000 && stream.write(block, kit::steady::now() + 5s)) {
        taken += block.size();
        block.assign(65'536, 'a');
      }
    }};
    EXPECT_THAT(make(service.url("/p")).detail, HasSubstr("not an HTTP answer")) << beginning;
    EXPECT_LT(taken, 32'000'000u) << beginning;  // the kernel's buffers
  }
}

TEST_F(HttpClient, SendsAndReadsLargeBodies) {
  kit::participant service;
  const std::string large(4u << 20, 'z');
  service.on("/big", kit::scripted_reply{.status = 200, .body = large});
  EXPECT_EQ(make(service.url("/big"), std::string(8'000'000, 'q')).outcome, call_outcome::success);
  EXPECT_EQ(service.ledger().at(0).message.body.size(), 8'000'000u);
}

TEST_F(HttpClient, RefusesWhatCannotBeSent) {
  EXPECT_THAT(make("ftp://h/p").detail, StartsWith("bad url: 'ftp://h/p'"));
  auto call = call_of("http://127.0.0.1:1/p");
  const std::map<std::string, std::string> bad_name{{"X Y", "1"}};
  call.headers = &bad_name;
  EXPECT_EQ(make(call).detail, "invalid header field name 'X Y' in branch_headers");
  const std::map<std::string, std::string> bad_value{{"X", "1\r\nEvil: yes"}};
  call.headers = &bad_value;
  EXPECT_EQ(make(call).detail, "invalid header field value for 'X' in branch_headers");
}

http_client_options two_connections() {
  http_client_options options;
  options.connections_max = 2;
  options.waiting_max = 3;
  return options;
}

class NarrowHttpClient : public HttpClient {
protected:
  NarrowHttpClient() : HttpClient{two_connections()} {}
};

TEST_F(NarrowHttpClient, BoundsWhatIsInFlightAndWhatWaits) {
  std::latch released{1};
  std::atomic<int> at_once{0};
  std::atomic<int> most{0};
  kit::raw_participant service{[&](kit::tcp_stream& stream, int) {
    for (std::string head; kit::read_head(stream, head); head.clear()) {
      most = std::max(most.load(), ++at_once);
      released.wait();
      --at_once;
      stream.write(kit::ok_answer("ok"), kit::steady::now() + 5s);
    }
  }};
  std::vector<std::future<branch_reply>> calls;
  std::vector<std::future<branch_reply>> over;
  for (int i = 0; i < 3; ++i) calls.push_back(start(call_of(service.url("/p"))));
  while (at_once < 2) std::this_thread::yield();
  for (int i = 0; i < 2; ++i) calls.push_back(start(call_of(service.url("/p"))));
  for (int i = 0; i < 4; ++i) over.push_back(start(call_of(service.url("/p"))));
  for (auto& one : over) {
    const branch_reply refused = one.get();
    EXPECT_THAT(refused.detail, StartsWith("destination queue full"));
    EXPECT_FALSE(refused.was_called) << "no retry_limit may be used up by it";
  }
  EXPECT_THAT(shown(), HasSubstr("treaty_calls_waiting{protocol=\"http\"} 3"));
  EXPECT_THAT(shown(), HasSubstr("treaty_destinations_in_trouble{protocol=\"http\",trouble=\"full\"} 1"));
  EXPECT_THAT(shown(), HasSubstr("treaty_destination_calls_refused_total{protocol=\"http\",reason=\"queue\"} 4"));
  EXPECT_THAT(shown(),
              HasSubstr("treaty_destination_trouble{destination=\"" + service.url("") + "\",trouble=\"full\"} 1"));
  released.count_down();
  for (auto& one : calls) EXPECT_EQ(one.get().outcome, call_outcome::success);
  EXPECT_EQ(most, 2);
  EXPECT_THAT(shown(), HasSubstr("treaty_calls_waiting{protocol=\"http\"} 0"));
}

TEST_F(NarrowHttpClient, NobodyWaitsLongerThanTheTimeOut) {
  kit::raw_participant service{[](kit::tcp_stream& stream, int) { kit::wait_for_close(stream); }};
  std::vector<std::future<branch_reply>> holders;
  for (int i = 0; i < 2; ++i) holders.push_back(start(call_of(service.url("/p"), "", 600ms)));
  const branch_reply reply = make(call_of(service.url("/p"), "", 100ms));
  EXPECT_THAT(reply.detail, StartsWith("timed out after 100 ms, waiting for a connection to"));
  for (auto& one : holders) EXPECT_THAT(one.get().detail, StartsWith("timed out after 600 ms"));
}

// Else a service that is merely slow would be called again and again for what it had nearly done.
TEST_F(NarrowHttpClient, WhoeverHasWaitedHasAllItsTimeForTheCall) {
  kit::raw_participant service{[](kit::tcp_stream& stream, int) {
    for (std::string head; kit::read_head(stream, head); head.clear()) {
      std::this_thread::sleep_for(700ms);  // what the work takes, not a wait
      stream.write(kit::ok_answer("ok"), kit::steady::now() + 5s);
    }
  }};
  std::vector<std::future<branch_reply>> calls;
  for (int i = 0; i < 3; ++i) calls.push_back(start(call_of(service.url("/p"), "", 1s)));
  for (auto& one : calls) EXPECT_EQ(one.get().outcome, call_outcome::success);
}

// A time-out makes room for a connection, whose own limit is far off: the next time-out must not wait for that.
TEST_F(NarrowHttpClient, EveryCallEndsWhenItsTimeIsOver) {
  kit::raw_participant service{[](kit::tcp_stream& stream, int) { kit::wait_for_close(stream); }};
  const auto began = kit::steady::now();
  std::vector<std::future<branch_reply>> calls;
  for (const auto limit : {100ms, 150ms, 200ms}) calls.push_back(start(call_of(service.url("/p"), "", limit)));
  for (auto& one : calls) EXPECT_THAT(one.get().detail, StartsWith("timed out after"));
  EXPECT_LT(kit::steady::now() - began, 2s);
}

// One hanging service must not delay calls of another.
TEST_F(NarrowHttpClient, AHangingServiceDelaysNobodyElse) {
  kit::raw_participant hangs{[](kit::tcp_stream& stream, int) { kit::wait_for_close(stream); }};
  kit::participant fine;
  std::vector<std::future<branch_reply>> stuck;
  for (int i = 0; i < 4; ++i) stuck.push_back(start(call_of(hangs.url("/p"), "", 2s)));
  EXPECT_EQ(make(fine.url("/p"), "x").outcome, call_outcome::success);
  EXPECT_EQ(stuck[0].wait_for(0s), std::future_status::timeout);
}

class HttpClientOfFewConnections : public HttpClient {
protected:
  HttpClientOfFewConnections() : HttpClient{{.connections_total_max = 2}} {}
};

// Idle connections to services that were called a moment ago would use up the descriptors of the process.
TEST_F(HttpClientOfFewConnections, ClosesIdleOnesForOtherServices) {
  std::list<kit::participant> services(6);
  for (auto& one : services) EXPECT_EQ(make(one.url("/p"), "x").outcome, call_outcome::success);
  EXPECT_THAT(shown(), testing::AnyOf(HasSubstr("treaty_http_client_connections 1\n"),
                                      HasSubstr("treaty_http_client_connections 2\n")));
}

TEST_F(HttpClientOfFewConnections, GivesEachServiceItsTurn) {
  std::list<kit::participant> services(5);
  std::vector<std::future<branch_reply>> calls;
  for (int round = 0; round < 20; ++round)
    for (auto& one : services) calls.push_back(start(call_of(one.url("/p"), "", 20s)));
  for (auto& one : calls) {
    const branch_reply reply = one.get();
    EXPECT_EQ(reply.outcome, call_outcome::success) << reply.detail;
    EXPECT_EQ(reply.detail, "");
  }
}

TEST_F(HttpClientOfFewConnections, LetsNoServiceKeepThemAllWhileOthersWait) {
  kit::participant busy;
  kit::participant other;
  std::vector<std::future<branch_reply>> calls;
  for (int i = 0; i < 2'000; ++i) calls.push_back(start(call_of(busy.url("/p"), "", 20s)));
  calls.push_back(start(call_of(other.url("/p"), "", 20s)));
  EXPECT_EQ(calls.back().get().outcome, call_outcome::success);
  EXPECT_LT(busy.ledger().size(), 2'000u);
  calls.pop_back();
  for (auto& one : calls) EXPECT_EQ(one.get().outcome, call_outcome::success);
}

class ImpatientHttpClient : public HttpClient {
protected:
  ImpatientHttpClient() : HttpClient{{.silence = {.failures_to_open = 3, .open_min = 200ms, .open_max = 200ms}}} {}
};

// Calls of a service that takes them and says nothing would hold connections, and their transactions memory.
TEST_F(ImpatientHttpClient, LeavesAServiceAloneThatAnswersNothing) {
  std::atomic<bool> is_well{false};
  std::atomic<int> calls{0};
  kit::raw_participant service{[&](kit::tcp_stream& stream, int) {
    for (std::string head; kit::read_head(stream, head); head.clear()) {
      ++calls;
      if (is_well) stream.write(kit::ok_answer("ok"), kit::steady::now() + 5s);
    }
  }};
  kit::participant other;
  for (int i = 0; i < 3; ++i) EXPECT_THAT(make(call_of(service.url("/p"), "", 50ms)).detail, StartsWith("timed out"));
  const branch_reply refused = make(call_of(service.url("/p")));
  EXPECT_EQ(refused.outcome, call_outcome::unknown);
  EXPECT_THAT(refused.detail, HasSubstr("3 calls in a row without an answer"));
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(make(other.url("/p"), "x").outcome, call_outcome::success);
  EXPECT_THAT(shown(), HasSubstr("treaty_destinations_in_trouble{protocol=\"http\",trouble=\"silent\"} 1"));
  EXPECT_THAT(shown(), HasSubstr("treaty_destination_calls_refused_total{protocol=\"http\",reason=\"breaker\"} 1"));
  EXPECT_THAT(shown(), HasSubstr("treaty_destination_pause_seconds_count{protocol=\"http\"} 1"));
  is_well = true;
  while (make(call_of(service.url("/p"))).outcome != call_outcome::success) EXPECT_EQ(calls, 3);
  EXPECT_EQ(make(call_of(service.url("/p"))).outcome, call_outcome::success);
  EXPECT_THAT(shown(), HasSubstr("treaty_destinations_in_trouble{protocol=\"http\",trouble=\"silent\"} 0"));
}

// One call finds out; the others do not wait for it. A refusal, or garbage, is a word too.
TEST_F(ImpatientHttpClient, FindsOutWithOneCallWhetherAServiceSpeaksAgain) {
  std::atomic<int> connections{0};
  std::atomic<bool> speaks{false};
  kit::raw_participant service{[&](kit::tcp_stream& stream, int) {
    std::string head;
    kit::read_head(stream, head);
    ++connections;
    if (speaks) return static_cast<void>(stream.write("garbage\r\n\r\n", kit::steady::now() + 5s));
    kit::wait_for_close(stream);
  }};
  for (int i = 0; i < 3; ++i) make(call_of(service.url("/p"), "", 50ms));
  std::vector<std::future<branch_reply>> calls;
  while (connections == 3) {
    for (auto& one : calls) one.wait();
    calls.clear();
    for (int i = 0; i < 5; ++i) calls.push_back(start(call_of(service.url("/p"), "", 300ms)));
    std::this_thread::yield();
  }
  for (auto& one : calls) EXPECT_EQ(one.get().outcome, call_outcome::unknown);
  EXPECT_EQ(connections, 4);
  speaks = true;
  while (make(call_of(service.url("/p"))).detail.find("not an HTTP answer") == std::string::npos) {
  }
  EXPECT_THAT(make(call_of(service.url("/p"))).detail, HasSubstr("not an HTTP answer"));
}

// A call may be slow work with hours of time: while it finds out, the service is there for everybody else.
TEST_F(ImpatientHttpClient, DoesNotWaitForASlowCallToFindOutWhetherAServiceSpeaksAgain) {
  std::atomic<bool> is_well{false};
  std::atomic<int> slow_calls{0};
  kit::raw_participant service{[&](kit::tcp_stream& stream, int) {
    for (std::string head; kit::read_head(stream, head); head.clear()) {
      const bool is_slow = head.starts_with("GET /slow");
      slow_calls += is_slow ? 1 : 0;
      if (is_well && !is_slow) stream.write(kit::ok_answer("ok"), kit::steady::now() + 5s);
    }
  }};
  for (int i = 0; i < 3; ++i) make(call_of(service.url("/p"), "", 50ms));
  is_well = true;
  std::future<branch_reply> slow = start(call_of(service.url("/slow"), "", 60s));
  while (slow_calls == 0) {
    if (slow.wait_for(1ms) == std::future_status::ready) slow = start(call_of(service.url("/slow"), "", 60s));
  }
  const auto began = kit::steady::now();
  EXPECT_THAT(make(call_of(service.url("/p"))).detail, HasSubstr("another call finds out"));
  while (make(call_of(service.url("/p"))).outcome != call_outcome::success && kit::steady::now() - began < 20s) {
  }
  EXPECT_LT(kit::steady::now() - began, 10s);
  EXPECT_EQ(slow.wait_for(0s), std::future_status::timeout);
}

http_client_options soon_tired() {
  return {.idle_for = 50ms,
          .breaker = {.failures_to_open = 1'000},
          .silence = {.failures_to_open = 3, .open_min = 100ms, .open_max = 60s}};
}

class SoonTiredHttpClient : public HttpClient {
protected:
  SoonTiredHttpClient() : HttpClient{soon_tired()} {}
};

// The service was down when one call was to find out: that call has ended, so the next one finds out, at once.
TEST_F(SoonTiredHttpClient, FindsOutAgainAfterACallThatNeverReachedTheService) {
  const std::uint16_t port = kit::free_port();
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/p";
  {
    const kit::tcp_listener hangs{port};
    for (int i = 0; i < 3; ++i) EXPECT_THAT(make(call_of(url, "", 50ms)).detail, StartsWith("timed out"));
  }
  while (make(call_of(url, "", 45s)).detail.find("Connection refused") == std::string::npos) {
  }
  kit::tcp_listener back{port};
  std::thread service{[&] {
    kit::tcp_stream stream = back.accept();
    kit::answer_each(stream, kit::ok_answer("ok"));
  }};
  EXPECT_EQ(make(url).outcome, call_outcome::success);
  back.shut_down();
  service.join();  // ends when the client closes the idle connection
}

http_client_options short_lived() {
  http_client_options options;
  options.idle_for = 50ms;
  options.breaker.open_min = 50ms;
  options.breaker.open_max = 100ms;
  return options;
}

class ShortLivedHttpClient : public HttpClient {
protected:
  ShortLivedHttpClient() : HttpClient{short_lived()} {}
};

TEST_F(ShortLivedHttpClient, ClosesConnectionsThatNobodyUses) {
  std::promise<void> closed;
  kit::raw_participant service{[&](kit::tcp_stream& stream, int) {
    kit::answer_each(stream, kit::ok_answer("ok"));
    closed.set_value();
  }};
  EXPECT_EQ(make(service.url("/p")).outcome, call_outcome::success);
  EXPECT_EQ(closed.get_future().wait_for(10s), std::future_status::ready);
}

TEST_F(ShortLivedHttpClient, FindsAServiceThatCameBack) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), length), 0);
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
  const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/p";
  while (make(url).detail.find("not tried for another") == std::string::npos) {
  }
  EXPECT_THAT(shown(), HasSubstr(R"(treaty_destinations_in_trouble{protocol="http",trouble="refuses"} 1)"));
  ASSERT_EQ(::listen(descriptor, 16), 0);
  std::thread service{[descriptor] {
    kit::tcp_stream stream{::accept(descriptor, nullptr, nullptr)};
    kit::answer_each(stream, kit::ok_answer("ok"));
  }};
  while (make(url).outcome != call_outcome::success) {
  }
  EXPECT_THAT(shown(), HasSubstr(R"(treaty_destinations_in_trouble{protocol="http",trouble="refuses"} 0)"));
  service.join();  // ends when the client closes the idle connection
  ::close(descriptor);
}

// What is left when a lane ends is dropped, quietly.
TEST(HttpClientEnd, DropsCallsThatAreUnderWay) {
  prometheus::Registry registry;
  http_client_metrics metrics{registry};
  kit::raw_participant hangs{[](kit::tcp_stream& stream, int) { kit::wait_for_close(stream); }};
  const std::string url = hangs.url("/p");
  std::future<branch_reply> reply;
  {
    const auto loop = std::make_shared<asio_loop>();
    branch_http_client client{std::make_shared<http_transport>(loop, http_client_options{}, metrics)};
    kit::lane_thread lane{loop};
    branch_call call;
    call.url = url;
    reply = lane.start(client, call);
    while (hangs.connections() == 0) std::this_thread::yield();
  }
  EXPECT_THROW(reply.get(), std::future_error);
  EXPECT_THAT(prometheus::TextSerializer{}.Serialize(registry.Collect()),
              HasSubstr("treaty_http_client_connections 0"));
}

}  // namespace
}  // namespace treaty
