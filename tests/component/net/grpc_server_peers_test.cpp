// Clients that speak HTTP/2 badly, slowly, or well in ways that libraries rarely show.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <zlib.h>

#include <functional>
#include <map>

#include "net/grpc/dtm_service.hpp"
#include "net/grpc/grpc_server.hpp"
#include "net/http/asio_loop.hpp"
#include "proto/dtmgimp.pb.h"
#include "tests/component/net/scripted_door.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/header_decoder.hpp"
#include "tests/kit/http2_peer.hpp"
#include "tests/kit/lane_thread.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;
using kit::http2_frame;
using testing::AllOf;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

using headers = std::map<std::string, std::string>;

const kit::header_list post_to_submit = {{":method", "POST"},
                                         {":scheme", "http"},
                                         {":path", "/dtmgimp.Dtm/Submit"},
                                         {":authority", "t"},
                                         {"content-type", "application/grpc"},
                                         {"te", "trailers"}};

const kit::header_list ask_reflection = {{":method", "POST"},
                                         {":scheme", "http"},
                                         {":path", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"},
                                         {":authority", "t"},
                                         {"content-type", "application/grpc"},
                                         {"te", "trailers"}};
constexpr std::string_view list_services = "\x3A\x01*";
constexpr std::uint16_t initial_window_size = 4;

/// A client's side of one connection, frame by frame.
class raw_client {
public:
  explicit raw_client(std::uint16_t port) : stream_{kit::tcp_stream::connect_to(port)}, peer_{stream_} {}

  raw_client& open(const std::string& settings = {}) {
    send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + http2_frame{.type = http2_frame::settings, .payload = settings}.bytes());
    return *this;
  }
  void send(const std::string& what) { peer_.send(std::string_view{what}); }
  static std::string asks(std::uint32_t stream, const kit::header_list& with, bool ends = false) {
    const int flags = http2_frame::end_headers | (ends ? http2_frame::end_stream : 0);
    return http2_frame{.type = http2_frame::headers,
                       .flags = static_cast<std::uint8_t>(flags),
                       .stream = stream,
                       .payload = kit::header_block(with)}
        .bytes();
  }
  static std::string says(std::uint32_t stream, const std::string& payload, bool ends = true) {
    return http2_frame{.type = http2_frame::data,
                       .flags = ends ? http2_frame::end_stream : std::uint8_t{0},
                       .stream = stream,
                       .payload = payload}
        .bytes();
  }
  /// The headers and trailers of the next answer; nothing: the server is gone.
  headers answer() {
    headers out;
    for (;;) {
      const http2_frame frame = peer_.next();
      if (frame.type == http2_frame::gone) return {};
      if (frame.type == http2_frame::headers) {
        EXPECT_TRUE(decoder_.read(frame.payload, out));
      }
      if (frame.type == http2_frame::data) bytes += frame.payload;
      if (frame.type <= http2_frame::headers && (frame.flags & http2_frame::end_stream) != 0) return out;
    }
  }
  http2_frame next(http2_frame::kind kind) { return peer_.next(kind); }

  std::string bytes;  // of the answers' messages

private:
  kit::tcp_stream stream_;
  kit::http2_peer peer_;
  kit::header_decoder decoder_;
};

std::string gzipped(const std::string& text) {
  z_stream packer{};
  deflateInit2(&packer, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string in = text;
  std::string out(text.size() + 100, '\0');
  packer.next_in = reinterpret_cast<Bytef*>(in.data());
  packer.avail_in = static_cast<uInt>(in.size());
  packer.next_out = reinterpret_cast<Bytef*>(out.data());
  packer.avail_out = static_cast<uInt>(out.size());
  deflate(&packer, Z_FINISH);
  out.resize(packer.total_out);
  deflateEnd(&packer);
  return out;
}

std::string submit_bytes() {
  dtmgimp::DtmRequest request;
  request.set_gid("g1");
  request.set_transtype("saga");
  request.set_steps("[]");
  return request.SerializeAsString();
}

class GrpcServerPeers : public testing::Test {
protected:
  ~GrpcServerPeers() override {
    if (lane) lane->stop();
  }
  raw_client client(const std::function<void(grpc_server_options&)>& set = {}) {
    listen(set);
    return raw_client{server->port()};
  }
  void listen(const std::function<void(grpc_server_options&)>& set) {
    grpc_server_options limits;
    if (set) set(limits);
    limits.address = "127.0.0.1";
    auto listening = grpc_server::listen(*loop, limits, dtm);
    EXPECT_TRUE(listening);
    server = *std::move(listening);
    lane = std::make_unique<kit::lane_thread>(loop);
  }

  scripted_door door;
  prometheus::Registry registry;
  dtm_service dtm{door, registry};
  std::shared_ptr<asio_loop> loop = std::make_shared<asio_loop>();
  std::unique_ptr<grpc_server> server;
  std::unique_ptr<kit::lane_thread> lane;
};

TEST_F(GrpcServerPeers, TakeARequestByteByByte) {
  auto one = client();
  one.open();
  const std::string all = raw_client::asks(1, post_to_submit) + raw_client::says(1, kit::grpc_message(submit_bytes()));
  for (const char byte : all) one.send(std::string(1, byte));
  EXPECT_THAT(one.answer(), UnorderedElementsAre(Pair(":status", "200"), Pair("content-type", "application/grpc"),
                                                 Pair("grpc-status", "0")));
  EXPECT_EQ(one.bytes, std::string(5, '\0'));
  ASSERT_EQ(door.offered(), 1u);
  EXPECT_EQ(door.ids[0].value, "g1");
}

TEST_F(GrpcServerPeers, UnpackWhatAClientHasPacked) {
  auto one = client();
  auto with = post_to_submit;
  with.emplace_back("grpc-encoding", "gzip");
  std::string message = kit::grpc_message(gzipped(submit_bytes()));
  message[0] = 1;
  one.open().send(raw_client::asks(1, with) + raw_client::says(1, message));
  EXPECT_THAT(one.answer(), testing::Contains(Pair("grpc-status", "0")));
  EXPECT_EQ(door.offered(), 1u);
  with.back().second = "zstd";
  one.send(raw_client::asks(3, with) + raw_client::says(3, message));
  EXPECT_THAT(one.answer(), AllOf(testing::Contains(Pair("grpc-status", "12")),
                                  testing::Contains(Pair("grpc-accept-encoding", "gzip"))));
}

TEST_F(GrpcServerPeers, AnswerInTheTypeTheyWereAskedIn) {
  auto one = client();
  auto with = post_to_submit;
  with[4].second = "application/grpc+proto";
  door.say(answer{answer_kind::failure, "100% no \xC3\xA9"});
  one.open().send(raw_client::asks(1, with) + raw_client::says(1, kit::grpc_message(submit_bytes())));
  EXPECT_THAT(one.answer(), UnorderedElementsAre(Pair(":status", "200"), Pair("content-type", "application/grpc+proto"),
                                                 Pair("grpc-status", "10"), Pair("grpc-message", "100%25 no %C3%A9")));
}

TEST_F(GrpcServerPeers, RefuseWhatIsNotGrpc) {
  auto one = client();
  auto get = post_to_submit;
  get[0].second = "GET";
  one.open().send(raw_client::asks(1, get, true));
  EXPECT_THAT(one.answer(), UnorderedElementsAre(Pair(":status", "405")));
  auto json = post_to_submit;
  json[4].second = "application/json";
  one.send(raw_client::asks(3, json) + raw_client::says(3, "{}"));
  EXPECT_THAT(one.answer(), UnorderedElementsAre(Pair(":status", "415")));
  one.send(raw_client::asks(5, post_to_submit) + raw_client::says(5, kit::grpc_message(submit_bytes())));
  EXPECT_THAT(one.answer(), testing::Contains(Pair("grpc-status", "0")));
}

TEST_F(GrpcServerPeers, SayWhatIsWrongWithAMessage) {
  auto one = client([](auto& limits) { limits.request_bytes_max = 100; });
  one.open();
  const std::pair<std::string, std::string> cases[] = {
      {"", "the request has no message"},
      {kit::grpc_message("12345").substr(0, 7), "cut short"},
      {std::string{"\x02\0\0\0\0", 5}, "neither 0 nor 1"},
      {kit::grpc_message("") + kit::grpc_message(""), "takes one message"},
      {kit::grpc_message(std::string(101, 'x')), "101 bytes"},
      {kit::grpc_message("\xff\xff"), "not a DtmRequest"},
  };
  std::uint32_t stream = 1;
  for (const auto& [bytes, why] : cases) {
    one.send(raw_client::asks(stream, post_to_submit) + raw_client::says(stream, bytes));
    EXPECT_THAT(one.answer()["grpc-message"], HasSubstr(why));
    stream += 2;
  }
  EXPECT_EQ(door.offered(), 0u);
}

TEST_F(GrpcServerPeers, EndARequestThatDoesNotCome) {
  auto one = client([](auto& limits) { limits.request_limit = 50ms; });
  one.open().send(raw_client::asks(1, post_to_submit) + raw_client::says(1, "x", false));
  EXPECT_THAT(one.answer(), testing::Contains(Pair("grpc-status", "1")));
  EXPECT_EQ(one.next(http2_frame::rst_stream).number(), 0u);  // it need not send the rest
  one.send(raw_client::asks(3, post_to_submit) + raw_client::says(3, kit::grpc_message(submit_bytes())));
  EXPECT_THAT(one.answer(), testing::Contains(Pair("grpc-status", "0")));
}

TEST_F(GrpcServerPeers, BoundWhatTheyHoldOfUnfinishedRequests) {
  auto one = client([](auto& limits) {
    limits.request_bytes_max = 8'000;
    limits.held_bytes_max = 24'000;
  });
  const std::string half = kit::grpc_message(std::string(8'000, 'x')).substr(0, 6'000);
  one.open();
  for (const std::uint32_t stream : {1u, 3u, 5u, 7u})
    one.send(raw_client::asks(stream, post_to_submit) + raw_client::says(stream, half, false));
  EXPECT_THAT(one.answer(), testing::Contains(Pair("grpc-status", "8")));
  for (const std::uint32_t stream : {1u, 3u, 5u, 7u})
    one.send(http2_frame{.type = http2_frame::rst_stream, .stream = stream, .payload = kit::four_bytes(8)}.bytes());
  one.send(raw_client::asks(9, post_to_submit) + raw_client::says(9, kit::grpc_message(submit_bytes())));
  headers last = one.answer();
  if (last["grpc-status"] == "8") last = one.answer();  // the third half was one too many, too, as its pieces came
  EXPECT_EQ(last["grpc-status"], "0");
}

// A few bytes on the wire may be a thousand times as many in memory.
TEST_F(GrpcServerPeers, CountWhatARequestIsUnpacked) {
  auto one = client([](auto& limits) {
    limits.request_bytes_max = 100'000;
    limits.held_bytes_max = 300'000;
  });
  auto with = post_to_submit;
  with.emplace_back("grpc-encoding", "gzip");
  std::string message = kit::grpc_message(gzipped(std::string(100'000, '\0')));
  message[0] = 1;
  ASSERT_LT(message.size(), 1'000u);
  one.open().send(raw_client::asks(1, with) + raw_client::says(1, message, false));
  one.send(raw_client::asks(3, with) + raw_client::says(3, message, false));
  one.send(raw_client::asks(5, with) + raw_client::says(5, message, false));
  EXPECT_THAT(one.answer(), testing::Contains(Pair("grpc-status", "8")));
  EXPECT_EQ(one.next(http2_frame::rst_stream).stream, 5u);
  one.send(http2_frame{.type = http2_frame::rst_stream, .stream = 1, .payload = kit::four_bytes(8)}.bytes());
  one.send(raw_client::asks(7, post_to_submit) + raw_client::says(7, kit::grpc_message(submit_bytes())));
  EXPECT_THAT(one.answer(), testing::Contains(Pair("grpc-status", "0")));
}

TEST_F(GrpcServerPeers, CountHeadersWithoutAMessage) {
  auto one = client([](auto& limits) {
    limits.request_bytes_max = 1'000;
    limits.held_bytes_max = 10'000;
  });
  std::string all;
  for (std::uint32_t stream = 1; stream < 100; stream += 2) all += raw_client::asks(stream, post_to_submit);
  one.open().send(all);
  EXPECT_THAT(one.answer(), testing::Contains(Pair("grpc-status", "8")));
}

// What a client asks for and does not take is held for it: not without end, and not much of it.
TEST_F(GrpcServerPeers, DropAnAnswerForWhichTheClientHasNoRoom) {
  auto one = client([](auto& limits) { limits.write_limit = 50ms; });
  one.open(kit::http2_setting(initial_window_size, 0));
  one.send(raw_client::asks(1, post_to_submit) + raw_client::says(1, kit::grpc_message(submit_bytes())));
  const http2_frame reset = one.next(http2_frame::rst_stream);
  EXPECT_EQ(reset.stream, 1u);
  EXPECT_EQ(reset.number(), 8u);
  EXPECT_EQ(server->figures().timed_out, 1u);
  const auto room = kit::http2_setting(initial_window_size, 65'535);
  one.send(http2_frame{.type = http2_frame::settings, .payload = room}.bytes());
  one.send(raw_client::asks(3, post_to_submit) + raw_client::says(3, kit::grpc_message(submit_bytes())));
  EXPECT_EQ(one.next(http2_frame::data).stream, 3u);
}

TEST_F(GrpcServerPeers, ServeNobodyWhoAsksAgainAndAgainAndTakesNoAnswer) {
  auto one = client([](auto& limits) { limits.answers_waiting_max = 1'000; });
  one.open(kit::http2_setting(initial_window_size, 0));
  std::string questions;
  for (int i = 0; i < 1'000; ++i) questions += kit::grpc_message(list_services);
  one.send(raw_client::asks(1, ask_reflection) + raw_client::says(1, questions, false));
  one.send(http2_frame{.type = http2_frame::window_update, .stream = 1, .payload = kit::four_bytes(60'000)}.bytes());
  EXPECT_THAT(one.answer(), AllOf(testing::Contains(Pair("grpc-status", "8")),
                                  testing::Contains(Pair("grpc-message", "the answers are not taken"))));
  EXPECT_LT(one.bytes.size(), 2'000u);
}

// Who asks often may say nothing for long, but not in the midst of a message.
TEST_F(GrpcServerPeers, EndAMessageThatDoesNotComeAndNotAStreamThatIsSilent) {
  auto one = client([](auto& limits) { limits.request_limit = 50ms; });
  one.open().send(raw_client::asks(1, ask_reflection) + raw_client::asks(3, ask_reflection));
  one.send(raw_client::says(3, kit::grpc_message(list_services) + std::string(1, '\0'), false));
  const http2_frame reset = one.next(http2_frame::rst_stream);
  EXPECT_EQ(reset.stream, 3u);
  one.send(raw_client::says(1, kit::grpc_message(list_services)));
  EXPECT_EQ(one.next(http2_frame::data).stream, 1u);
}

TEST_F(GrpcServerPeers, HearTextsThatAreCutBetweenTwoCharacters) {
  auto one = client();
  std::string text = "x";
  for (int i = 0; i < 1'500; ++i) text += "\xC3\xA9";
  door.say(answer{answer_kind::failure, text});
  one.open().send(raw_client::asks(1, post_to_submit) + raw_client::says(1, kit::grpc_message(submit_bytes())));
  std::string heard = one.answer()["grpc-message"];
  EXPECT_TRUE(heard.ends_with("%C3%A9"));
  EXPECT_EQ(heard.size(), 1 + 999 * 6u);
}

TEST_F(GrpcServerPeers, CloseOnAClientThatNeverSpeaks) {
  listen([](auto& limits) { limits.handshake_limit = 50ms; });
  kit::tcp_stream silent = kit::tcp_stream::connect_to(server->port());
  std::string said;
  while (silent.read_some(said, kit::steady::now() + 20s) == kit::tcp_stream::read_end::bytes) {
  }
  EXPECT_EQ(server->figures().timed_out, 1u);
}

TEST_F(GrpcServerPeers, AskASilentClientWhetherItLives) {
  auto one = client([](auto& limits) {
    limits.ping_after = 50ms;
    limits.ping_limit = 100ms;
  });
  one.open();
  const http2_frame first = one.next(http2_frame::ping);
  ASSERT_EQ(first.type, http2_frame::ping);
  one.send(http2_frame{.type = http2_frame::ping, .flags = http2_frame::end_stream, .payload = first.payload}.bytes());
  ASSERT_EQ(one.next(http2_frame::ping).type, http2_frame::ping);  // and now it says nothing
  EXPECT_EQ(one.next(http2_frame::ping).type, http2_frame::gone);
}

TEST_F(GrpcServerPeers, CloseOnWhatIsNotHttp2) {
  auto one = client();
  one.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(one.next(http2_frame::ping).type, http2_frame::gone);
  EXPECT_EQ(server->figures().malformed, 1u);
}

TEST_F(GrpcServerPeers, TakeNoMoreConnectionsThanTheyMay) {
  auto one = client([](auto& limits) { limits.connections_max = 1; });
  one.open();
  EXPECT_EQ(one.next(http2_frame::settings).type, http2_frame::settings);
  raw_client two{server->port()};
  EXPECT_EQ(two.next(http2_frame::ping).type, http2_frame::gone);
  EXPECT_EQ(server->figures().refused, 1u);
  EXPECT_EQ(server->connections(), 1u);
}

// gRPC's C core resets a call that it has begun, but not sent, when it hears that an earlier one was the last: that is
// an error, and would end the calls that wait.
TEST_F(GrpcServerPeers, AreToldOfTheLastCallWhenTheyHaveHeardThatTheServerLeaves) {
  door.say(std::nullopt);
  auto one = client();
  one.open().send(raw_client::asks(1, post_to_submit) + raw_client::says(1, kit::grpc_message(submit_bytes())));
  ASSERT_TRUE(kit::eventually([&] { return door.waiting() == 1; }));
  server->go_away();
  EXPECT_EQ(one.next(http2_frame::goaway).number(), 0x7FFFFFFFu);
  const http2_frame ping = one.next(http2_frame::ping);
  door.say(answer{});
  one.send(raw_client::asks(3, post_to_submit) + raw_client::says(3, kit::grpc_message(submit_bytes())));
  EXPECT_THAT(one.answer(), testing::Contains(Pair("grpc-status", "0"))) << "it was on its way";
  one.send(http2_frame{.type = http2_frame::ping, .flags = http2_frame::end_stream, .payload = ping.payload}.bytes());
  EXPECT_EQ(one.next(http2_frame::goaway).number(), 3u);
  door.kept[0]->answer({});
  EXPECT_THAT(one.answer(), testing::Contains(Pair("grpc-status", "0")));
  EXPECT_EQ(one.next(http2_frame::ping).type, http2_frame::gone);
}

TEST_F(GrpcServerPeers, ForgetWhatAClientHasCancelled) {
  door.say(std::nullopt);
  auto one = client();
  one.open().send(raw_client::asks(1, post_to_submit) + raw_client::says(1, kit::grpc_message(submit_bytes())));
  ASSERT_TRUE(kit::eventually([&] { return door.waiting() == 1; }));
  one.send(http2_frame{.type = http2_frame::rst_stream, .stream = 1, .payload = kit::four_bytes(8)}.bytes());
  door.say(answer{});
  one.send(raw_client::asks(3, post_to_submit) + raw_client::says(3, kit::grpc_message(submit_bytes())));
  EXPECT_THAT(one.answer(), testing::Contains(Pair("grpc-status", "0")));
  door.kept[0]->answer({});
  one.send(raw_client::asks(5, post_to_submit) + raw_client::says(5, kit::grpc_message(submit_bytes())));
  EXPECT_THAT(one.answer(), testing::Contains(Pair("grpc-status", "0")));
}

}  // namespace
}  // namespace treaty
