#include "net/http/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "net/http/asio_loop.hpp"
#include "net/http/lane_listener.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/http_client.hpp"
#include "tests/kit/http_door.hpp"
#include "tests/kit/tcp.hpp"

namespace treaty {
namespace {

using kit::http_door;
using kit::http_talker;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

http_reply plain(std::string body) {
  return {.status = 200, .body = std::move(body), .content_type = "text/plain", .headers = {}};
}

/// Answers at once with what it got.
void echo(const http_request& request, std::shared_ptr<http_responder> to) {
  std::string said{request.method};
  said.append(" ").append(request.path).append("?").append(request.query).append(" ").append(request.body);
  to->reply(plain(std::move(said)));
}

/// Keeps the responders until the test answers.
class held_requests {
public:
  http_handler handler() {
    return [this](const http_request& request, std::shared_ptr<http_responder> to) {
      const std::lock_guard guard{mutex_};
      paths_.emplace_back(request.path);
      held_.push_back(std::move(to));
      arrived_.notify_all();
    };
  }
  std::shared_ptr<http_responder> take(std::size_t index) {
    std::unique_lock guard{mutex_};
    EXPECT_TRUE(arrived_.wait_for(guard, 20s, [&] { return held_.size() > index; }));
    return std::move(held_[index]);
  }
  std::size_t count() {
    const std::lock_guard guard{mutex_};
    return held_.size();
  }

private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::string> paths_;
  std::vector<std::shared_ptr<http_responder>> held_;
};

std::string post(std::string_view path, std::string_view body) {
  std::string text = "POST ";
  text.append(path).append(" HTTP/1.1\r\nHost: x\r\nContent-Length: ").append(std::to_string(body.size()));
  return text.append("\r\n\r\n").append(body);
}

// A busy loop has long turns: with one connection in each, the last of many clients that come together waited seconds.
TEST(LaneListener, TakesAllThatWaitInOneTurn) {
  asio_loop loop;
  const auto listener = lane_listener::open(loop.io(), "127.0.0.1", 0);
  ASSERT_TRUE(listener);
  std::vector<kit::tcp_stream> clients;
  for (int i = 0; i < 40; ++i) clients.push_back(kit::tcp_stream::connect_to((*listener)->port()));
  std::vector<lane_socket> welcomed;
  (*listener)->start([&](lane_socket one) { welcomed.push_back(std::move(one)); });
  while (welcomed.empty()) loop.io().run_one();
  EXPECT_EQ(welcomed.size(), clients.size());
  (*listener)->stop();
}

TEST(LaneListener, TakesTheOthersWhenSomeHaveGoneAgain) {
  asio_loop loop;
  const auto listener = lane_listener::open(loop.io(), "127.0.0.1", 0);
  ASSERT_TRUE(listener);
  for (int i = 0; i < 3; ++i) kit::tcp_stream::connect_to((*listener)->port()).reset();
  kit::tcp_stream client = kit::tcp_stream::connect_to((*listener)->port());
  const auto soon = kit::steady::now() + 20s;
  ASSERT_TRUE(client.write("here", soon));
  bool is_there = false;
  (*listener)->start([&](lane_socket one) {
    std::array<char, 4> bytes{};
    boost::system::error_code none;
    one.non_blocking(true, none);
    is_there = is_there || one.read_some(boost::asio::buffer(bytes), none) == bytes.size();
  });
  while (!is_there && kit::steady::now() < soon) loop.io().poll_one();
  EXPECT_TRUE(is_there);
  (*listener)->stop();
}

TEST(HttpServer, AnswersRequestAfterRequestOnOneConnection) {
  http_door door{echo};
  http_talker client{door.port()};
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.say(post("/a/b?c=d", "body" + std::to_string(i))));
    const auto heard = client.hear();
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->start_line, "HTTP/1.1 200 OK");
    EXPECT_EQ(heard->header("content-type"), "text/plain");
    EXPECT_EQ(heard->header("connection"), "");
    EXPECT_EQ(heard->body, "POST /a/b?c=d body" + std::to_string(i));
  }
  EXPECT_EQ(door.server().connections(), 1U);
}

// The second request must not run before the first is answered, whatever has arrived already.
TEST(HttpServer, AnswersPipelinedRequestsOneAfterTheOther) {
  held_requests held;
  http_door door{held.handler()};
  http_talker client{door.port()};
  ASSERT_TRUE(client.say(post("/1", "a") + post("/2", "b") + post("/3", "c")));
  for (std::size_t i = 0; i < 3; ++i) {
    const auto to = held.take(i);
    EXPECT_EQ(held.count(), i + 1);
    to->reply(plain(std::to_string(i)));
    const auto heard = client.hear();
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->body, std::to_string(i));
  }
}

TEST(HttpServer, AnswersAThousandPipelinedRequestsInOrder) {
  http_door door{echo};
  http_talker client{door.port()};
  std::string all;
  for (int i = 0; i < 1000; ++i) all += post("/" + std::to_string(i), std::string(100, 'x'));
  ASSERT_TRUE(client.say(all));
  for (int i = 0; i < 1000; ++i) {
    const auto heard = client.hear();
    ASSERT_TRUE(heard) << i;
    ASSERT_THAT(heard->body, StartsWith("POST /" + std::to_string(i) + "? x"));
  }
}

TEST(HttpServer, PutsARequestTogetherFromSingleBytes) {
  http_door door{echo};
  http_talker client{door.port()};
  for (const char byte : post("/p", "hello")) ASSERT_TRUE(client.say({&byte, 1}));
  const auto heard = client.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->body, "POST /p? hello");
}

TEST(HttpServer, TakesChunkedBodies) {
  http_door door{echo};
  http_talker client{door.port()};
  ASSERT_TRUE(client.say("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n"));
  ASSERT_TRUE(client.say("7\r\n, world\r\n0\r\nTrailer: t\r\n\r\n" + post("/next", "")));
  auto heard = client.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->body, "POST /c? hello, world");
  heard = client.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->body, "POST /next? ");
}

TEST(HttpServer, TakesAChunkedBodyByteByByte) {
  http_door door{echo};
  http_talker client{door.port()};
  for (const char byte :
       std::string_view{"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"}) {
    ASSERT_TRUE(client.say({&byte, 1}));
  }
  const auto heard = client.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->body, "POST /b? ok");
}

TEST(HttpServer, SaysContinueToClientsThatWaitForIt) {
  http_door door{echo};
  http_talker client{door.port()};
  ASSERT_TRUE(client.say("POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(client.hear_until("\r\n\r\n"), "HTTP/1.1 100 Continue");
  ASSERT_TRUE(client.say("ok"));
  const auto heard = client.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->body, "POST /e? ok");
}

TEST(HttpServer, SendsNoBodyForHead) {
  http_door door{echo};
  http_talker client{door.port()};
  ASSERT_TRUE(client.say("HEAD /h HTTP/1.1\r\nConnection: close\r\n\r\n"));
  const auto heard = client.hear_out();
  ASSERT_TRUE(heard);
  EXPECT_THAT(*heard, HasSubstr("Content-Length: 9\r\n"));
  EXPECT_TRUE(heard->ends_with("\r\n\r\n")) << *heard;
}

TEST(HttpServer, EndsAConnectionAsTheClientAsks) {
  http_door door{echo};
  for (const std::string_view asks : {"GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"}) {
    http_talker client{door.port()};
    ASSERT_TRUE(client.say(asks));
    const auto heard = client.hear_out();
    ASSERT_TRUE(heard);
    EXPECT_THAT(*heard, HasSubstr("Connection: close\r\n"));
  }
  http_talker old{door.port()};
  ASSERT_TRUE(old.say("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  const auto heard = old.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->header("connection"), "keep-alive");
}

TEST(HttpServer, UnderstandsATargetWithItsHost) {
  http_door door{echo};
  http_talker client{door.port()};
  ASSERT_TRUE(client.say("GET http://somewhere:1/p?q HTTP/1.1\r\n\r\nGET http://somewhere HTTP/1.1\r\n\r\n"));
  auto heard = client.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->body, "GET /p?q ");
  heard = client.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->body, "GET /? ");
}

TEST(HttpServer, AnswersClientsThatHaveStoppedSpeaking) {
  http_door door{echo};
  http_talker client{door.port()};
  ASSERT_TRUE(client.say(post("/last", "x")));
  client.finish_speaking();
  const auto heard = client.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->body, "POST /last? x");
}

TEST(HttpServer, SendsLargeAnswersToReadersInTheirOwnTime) {
  const std::string large(8u << 20, 'y');
  http_door door{[&large](const http_request&, std::shared_ptr<http_responder> to) { to->reply(plain(large)); }};
  http_talker client{door.port()};
  ASSERT_TRUE(client.say(post("/", "") + post("/", "")));
  for (int i = 0; i < 2; ++i) {
    const auto heard = client.hear();
    ASSERT_TRUE(heard);
    EXPECT_TRUE(heard->body == large);
  }
}

// ---- who is slow, or sends rubbish

TEST(HttpServer, TellsSlowClientsAndEndsThem) {
  http_server_options options;
  options.header_timeout = 100ms;
  options.body_timeout = 100ms;
  http_door door{echo, options};
  for (const std::string_view part :
       {"POST /slow HTTP/1.1\r\nHo", "POST /slow HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe"}) {
    http_talker client{door.port()};
    ASSERT_TRUE(client.say(part));
    const auto heard = client.hear_out();
    ASSERT_TRUE(heard) << part;
    EXPECT_THAT(*heard, StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
    EXPECT_THAT(*heard, HasSubstr(R"({"message":"request time-out"})"));
  }
  EXPECT_EQ(door.server().figures().timed_out, 2U);
}

// A client that takes an answer to it for the answer to its next request would be one behind from then on.
TEST(HttpServer, SaysNothingToAnEmptyLineBetweenRequests) {
  http_door door{echo};
  http_talker client{door.port()};
  ASSERT_TRUE(client.say("\r\n" + post("/one", "1") + "\r\n"));
  EXPECT_EQ(client.hear().value_or(kit::http_message{}).body, "POST /one? 1");
  ASSERT_TRUE(client.say("\r\n\r\n" + post("/two", "2") + "\r"));
  EXPECT_EQ(client.hear().value_or(kit::http_message{}).body, "POST /two? 2");
  ASSERT_TRUE(client.say("\n" + post("/three", "3")));
  EXPECT_EQ(client.hear().value_or(kit::http_message{}).body, "POST /three? 3");
  EXPECT_EQ(door.server().figures().malformed, 0U);
}

TEST(HttpServer, EndsAConnectionOfEmptyLines) {
  http_server_options options;
  options.header_timeout = 200ms;
  http_door door{echo, options};
  http_talker client{door.port()};
  EXPECT_TRUE(kit::eventually([&] {
    client.say("\r\n");
    return door.server().figures().accepted == 1 && door.server().connections() == 0;
  }));
}

// Bytes that trickle in do not buy time.
TEST(HttpServer, EndsAHeaderThatTricklesIn) {
  http_server_options options;
  options.header_timeout = 200ms;
  http_door door{echo, options};
  http_talker client{door.port()};
  ASSERT_TRUE(client.say("GET / HTTP/1.1\r\n"));
  EXPECT_TRUE(kit::eventually([&] {
    client.say("A: b\r\n");
    return door.server().figures().timed_out == 1;
  }));
}

TEST(HttpServer, EndsConnectionsOnWhichNothingIsSaid) {
  http_server_options options;
  options.header_timeout = 100ms;
  options.idle_timeout = 100ms;
  http_door door{echo, options};
  http_talker silent{door.port()};
  EXPECT_EQ(silent.hear_out(), "");
  http_talker idle{door.port()};
  ASSERT_TRUE(idle.say(post("/", "")));
  ASSERT_TRUE(idle.hear());
  EXPECT_EQ(idle.hear_out(), "");
  EXPECT_TRUE(kit::eventually([&] { return door.server().connections() == 0; }));
}

TEST(HttpServer, EndsReadersThatDoNotRead) {
  http_server_options options;
  options.write_timeout = 200ms;
  http_door door{
      [](const http_request&, std::shared_ptr<http_responder> to) { to->reply(plain(std::string(64u << 20, 'z'))); },
      options};
  http_talker client{door.port()};
  ASSERT_TRUE(client.say(post("/", "")));
  EXPECT_TRUE(kit::eventually([&] { return door.server().figures().timed_out == 1; }));
  EXPECT_TRUE(kit::eventually([&] { return door.server().connections() == 0; }));
}

// A limit of each, times all clients there may be, is more memory than any machine has.
TEST(HttpServer, BoundsTheLargeRequestsThatAreReadAtOneTime) {
  http_server_options options;
  options.bytes = std::make_shared<byte_room>(2'000'000);
  http_door door{echo, options};
  std::optional<http_talker> first;
  const std::string large(1'500'000, 'x');
  std::string refused;
  EXPECT_TRUE(kit::eventually([&] {  // until the server has read the first one's bytes before the other's
    first.emplace(door.port());
    first->say("POST /slow HTTP/1.1\r\nContent-Length: 1500000\r\n\r\n" + large.substr(1));
    http_talker other{door.port()};
    other.say("POST /other HTTP/1.1\r\nConnection: close\r\nContent-Length: 1500000\r\n\r\n" + large);
    refused = other.hear_out().value_or("");
    return !refused.starts_with("HTTP/1.1 200");
  }));
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 429 Too Many Requests\r\n"));
  EXPECT_THAT(refused, HasSubstr("\r\nRetry-After: 1\r\nConnection: close\r\n"));
  EXPECT_THAT(refused, HasSubstr("too many large requests and answers at once"));
  http_talker& slow = *first;
  http_talker small{door.port()};
  ASSERT_TRUE(small.say(post("/small", "payload")));
  EXPECT_EQ(small.hear().value_or(kit::http_message{}).body, "POST /small? payload");
  ASSERT_TRUE(slow.say("x"));
  EXPECT_EQ(slow.hear().value_or(kit::http_message{}).body.size(),
            large.size() + std::string_view{"POST /slow? "}.size());
  ASSERT_TRUE(small.say(post("/again", large)));
  EXPECT_EQ(small.hear().value_or(kit::http_message{}).body.size(),
            large.size() + std::string_view{"POST /again? "}.size());
}

TEST(HttpServer, BoundsTheLargeAnswersThatNobodyReads) {
  http_server_options options;
  options.bytes = std::make_shared<byte_room>(40u << 20);
  http_door door{[](const http_request& request, std::shared_ptr<http_responder> to) {
                   to->reply(plain(std::string(request.path == "/large" ? 30u << 20 : 10, 'z')));
                 },
                 options};
  http_talker first{door.port()};
  ASSERT_TRUE(first.say(post("/large", "")));
  ASSERT_TRUE(first.hear_until("\r\n\r\n"));
  http_talker second{door.port()};
  ASSERT_TRUE(second.say(post("/large", "")));
  const auto refused = second.hear();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->start_line, "HTTP/1.1 429 Too Many Requests");
  ASSERT_TRUE(second.say(post("/small", "")));
  EXPECT_EQ(second.hear().value_or(kit::http_message{}).body, "zzzzzzzzzz");
  first.hang_up();
  EXPECT_TRUE(kit::eventually([&] {
    second.say(post("/large", ""));
    return second.hear().value_or(kit::http_message{}).body.size() == 30u << 20;
  }));
}

TEST(HttpServer, WaitsForTheHandlerWhateverTheTimeOutsSay) {
  held_requests held;
  http_server_options options;
  options.header_timeout = options.body_timeout = options.idle_timeout = options.write_timeout = 20ms;
  http_door door{held.handler(), options};
  http_talker client{door.port()};
  ASSERT_TRUE(client.say(post("/wait_result", "")));
  const auto to = held.take(0);
  http_talker other{door.port()};
  EXPECT_EQ(other.hear_out(), "") << "the sweeper has passed";
  to->reply(plain("late"));
  const auto heard = client.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->body, "late");
}

TEST(HttpServer, AnswersGarbageWithBadRequest) {
  http_door door{echo};
  const std::array garbage{
      std::string{"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03 a TLS client\r\n\r\n"},
      std::string{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      std::string{"hello\r\n\r\n"},
      std::string{"GET / HTTP/3.1\r\n\r\n"},
      std::string{"GET / HTTP/1.1\r\nno colon\r\n\r\n"},
      std::string{"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"},
      std::string{"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"},
      std::string{"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      std::string{"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"},
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(100'000, 'x'),
  };
  for (const std::string& one : garbage) {
    http_talker client{door.port()};
    client.say(one);
    const auto heard = client.hear_out();
    ASSERT_TRUE(heard) << one.substr(0, 60);
    EXPECT_THAT(*heard, StartsWith("HTTP/1.1 400 Bad Request\r\n")) << one.substr(0, 60);
    EXPECT_THAT(*heard, HasSubstr("Connection: close\r\n"));
  }
  EXPECT_EQ(door.server().figures().malformed, garbage.size());
}

TEST(HttpServer, SurvivesRandomBytesAndHangUps) {
  http_server_options options;
  options.header_timeout = 50ms;
  http_door door{echo, options};
  std::mt19937 random{7};
  const std::string good = post("/x", "0123456789");
  for (int round = 0; round < 300; ++round) {
    http_talker client{door.port()};
    std::string bytes = good;
    for (std::size_t edits = random() % 8; edits > 0; --edits)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    client.say(bytes.substr(0, random() % (bytes.size() + 1)));
    client.hang_up();
  }
  EXPECT_EQ(kit::post(door.port(), "/still", "here").body, "POST /still? here");
  EXPECT_TRUE(kit::eventually([&] { return door.server().connections() == 0; }));
}

// ---- what is too large

TEST(HttpServer, RefusesHeadersOverTheLimit) {
  http_door door{echo};
  for (const std::string& head :
       {"GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n", "GET / HTTP/1.1\r\n" + [] {
          std::string many;
          for (int i = 0; i < 5'000; ++i) many += "A: b\r\n";
          return many;
        }() + "\r\n"}) {
    http_talker client{door.port()};
    client.say(head);
    const auto heard = client.hear_out();
    ASSERT_TRUE(heard);
    EXPECT_THAT(*heard, StartsWith("HTTP/1.1 431 "));
  }
  http_talker fine{door.port()};
  ASSERT_TRUE(fine.say("GET /" + std::string(10'000, 'a') + " HTTP/1.1\r\n\r\n"));
  const auto heard = fine.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->status(), 200);
}

// A client that sends everything before it reads must still find out why it was refused.
TEST(HttpServer, RefusesBodiesOverTheLimitSoThatTheClientCanReadIt) {
  http_door door{echo};
  const auto answer = kit::post(door.port(), "/", std::string(10u << 20, 'b'));
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, R"({"message":"request body too large"})");
  EXPECT_EQ(answer.message.header("connection"), "close");

  const std::string largest(4u << 20, 'b');
  EXPECT_EQ(kit::post(door.port(), "/", largest).body.size(), largest.size() + 8);
}

TEST(HttpServer, RefusesChunkedBodiesOverTheLimit) {
  http_server_options options;
  options.body_bytes_max = 1000;
  http_door door{echo, options};
  http_talker client{door.port()};
  client.say("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 100; ++i) client.say("64\r\n" + std::string(100, 'c') + "\r\n");
  const auto heard = client.hear_out();
  ASSERT_TRUE(heard);
  EXPECT_THAT(*heard, StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServer, RefusesALargeBodyBeforeItIsSent) {
  http_door door{echo};
  http_talker client{door.port()};
  ASSERT_TRUE(client.say("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n"));
  const auto heard = client.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->status(), 413);
}

TEST(HttpServer, RefusesConnectionsOverTheLimit) {
  http_server_options options;
  options.connections_max = 2;
  http_door door{echo, options};
  http_talker one{door.port()};
  http_talker two{door.port()};
  ASSERT_TRUE(kit::eventually([&] { return door.server().connections() == 2; }));
  http_talker three{door.port()};
  const auto heard = three.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->status(), 503);
  EXPECT_EQ(heard->body, R"({"message":"too many connections"})");
  three.hang_up();
  one.hang_up();
  ASSERT_TRUE(kit::eventually([&] { return door.server().connections() == 1; }));
  EXPECT_EQ(kit::post(door.port(), "/", "again").status, 200);
}

// ---- answers that come late, or never

TEST(HttpServer, DoesNotMindClientsThatLeaveBeforeTheAnswer) {
  held_requests held;
  http_door door{held.handler()};
  {
    http_talker client{door.port()};
    ASSERT_TRUE(client.say(post("/1", "")));
    held.take(0)->reply(plain("in time"));
    ASSERT_TRUE(client.say(post("/2", "")));
    const auto to = held.take(1);
    client.hang_up();
    to->reply(plain("nobody listens"));
  }
  EXPECT_TRUE(kit::eventually([&] { return door.server().connections() == 0; }));
}

TEST(HttpServer, AnswersForARequestThatWasForgotten) {
  http_door door{[](const http_request&, const std::shared_ptr<http_responder>&) {}};
  const auto answer = kit::post(door.port(), "/", "");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body, R"({"message":"the request was dropped"})");
}

TEST(HttpServer, MayEndBeforeItsResponders) {
  held_requests held;
  auto door = std::make_unique<http_door>(held.handler());
  http_talker client{door->port()};
  ASSERT_TRUE(client.say(post("/1", "")));
  const auto to = held.take(0);
  door.reset();
  to->reply(plain("too late"));
  EXPECT_EQ(client.hear_out(), "");
}

TEST(HttpServer, TakesAnswersFromManyThreads) {
  std::vector<std::jthread> answering;
  http_door door{[&answering](const http_request& request, std::shared_ptr<http_responder> to) {
    answering.emplace_back([to = std::move(to), body = std::string{request.body}] { to->reply(plain(body)); });
  }};
  std::vector<std::thread> clients;
  std::array<int, 8> good{};
  for (std::size_t mine = 0; mine < good.size(); ++mine) {
    clients.emplace_back([&, mine] {
      http_talker client{door.port()};
      for (int i = 0; i < 100; ++i) {
        const std::string body = std::to_string(mine) + "." + std::to_string(i);
        client.say(post("/", body));
        const auto heard = client.hear();
        if (heard && heard->body == body) ++good[mine];
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_THAT(good, ::testing::Each(100));
}

// ---- stopping

TEST(HttpServer, ClosesIdleConnectionsAtOnceAndOthersAfterTheirAnswer) {
  held_requests held;
  http_door door{held.handler()};
  http_talker idle{door.port()};
  http_talker busy{door.port()};
  ASSERT_TRUE(busy.say(post("/1", "")));
  const auto to = held.take(0);
  ASSERT_TRUE(kit::eventually([&] { return door.server().connections() == 2; }));
  door.server().close_idle();
  EXPECT_EQ(idle.hear_out(), "");
  to->reply(plain("done"));
  const auto heard = busy.hear();
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->header("connection"), "close");
  EXPECT_EQ(busy.hear_out(), "");
}

TEST(HttpServer, StopsAcceptingButServesWhoIsThere) {
  http_door door{echo};
  const std::uint16_t port = door.port();
  http_talker client{port};
  ASSERT_TRUE(client.say(post("/", "1")));
  ASSERT_TRUE(client.hear());
  door.server().stop_accepting();
  EXPECT_TRUE(kit::eventually([&] { return kit::get(port, "/").status == 0; }));
  ASSERT_TRUE(client.say(post("/", "2")));
  EXPECT_TRUE(client.hear());
}

TEST(HttpServer, ListensOnOnePortWithSeveralLanes) {
  http_door first{echo};
  http_server_options options;
  options.port = first.port();
  http_door second{echo, options};
  EXPECT_EQ(second.port(), first.port());
  std::vector<http_talker> clients;
  for (int i = 0; i < 64; ++i) clients.emplace_back(first.port());
  EXPECT_TRUE(kit::eventually([&] { return first.server().connections() + second.server().connections() == 64; }));
  EXPECT_GT(first.server().connections(), 0U);
  EXPECT_GT(second.server().connections(), 0U);
}

TEST(HttpServer, SaysWhyItCannotListen) {
  asio_loop lane;
  http_server_options options;
  options.address = "not an address";
  const auto nowhere = http_server::listen(lane, options, echo);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, errc::invalid_argument);
  const kit::tcp_listener taken;
  options.address = "127.0.0.1";
  options.port = taken.port();
  const auto late = http_server::listen(lane, options, echo);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, errc::unavailable);
  EXPECT_THAT(late.error().detail, HasSubstr(std::to_string(taken.port())));
}

TEST(HttpServer, ListensOnEveryInterfaceByDefault) {
  auto lane = std::make_shared<asio_loop>();
  auto server = http_server::listen(*lane, {}, echo);
  ASSERT_TRUE(server);
  const kit::lane_thread thread{lane};
  EXPECT_EQ(kit::post((*server)->port(), "/", "v4").body, "POST /? v4");
}

}  // namespace
}  // namespace treaty
