// Participants that speak HTTP/2 badly, or well in ways that libraries rarely show.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <atomic>
#include <vector>

#include "net/http/client_metrics.hpp"
#include "net/http2/branch_grpc_client.hpp"
#include "tests/kit/http2_peer.hpp"
#include "tests/kit/lane_thread.hpp"
#include "tests/kit/raw_participant.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;
using kit::http2_frame;
using kit::http2_peer;
using testing::HasSubstr;
using testing::StartsWith;

using peer_script = std::function<void(http2_peer& peer, int connection)>;

class GrpcPeers : public testing::Test {
protected:
  GrpcPeers() : GrpcPeers{grpc_client_options{}} {}
  explicit GrpcPeers(grpc_client_options options)
      : client{loop, std::make_shared<default_discovery>(), std::move(options), metrics}, lane{loop} {}
  ~GrpcPeers() override { lane.stop(); }

  /// A peer that has shaken hands before the script begins.
  static kit::raw_participant::script after_opening(peer_script what, std::string settings = {}) {
    return [what = std::move(what), settings = std::move(settings)](kit::tcp_stream& stream, int connection) {
      http2_peer peer{stream};
      if (peer.open(settings)) what(peer, connection);
    };
  }
  std::future<branch_reply> start(const kit::raw_participant& to, std::chrono::milliseconds timeout = 10s,
                                  std::string payload = "x") {
    auto texts = std::make_shared<std::pair<std::string, std::string>>(
        "127.0.0.1:" + std::to_string(to.port()) + "/s.S/M", std::move(payload));
    branch_call call;
    call.protocol = branch_protocol::grpc;
    call.gid = "g1";
    call.id = branch_id{"01"};
    call.op = "action";
    call.url = texts->first;
    call.payload = texts->second;
    call.timeout = timeout;
    call.keep = std::move(texts);
    return lane.start(client, std::move(call));
  }
  branch_reply make(const kit::raw_participant& to, std::chrono::milliseconds timeout = 10s) {
    return start(to, timeout).get();
  }
  std::size_t pending() {
    std::promise<std::size_t> count;
    loop->post([&] { count.set_value(client.pending()); });
    return count.get_future().get();
  }

  prometheus::Registry registry;
  http_client_metrics metrics{registry};
  std::shared_ptr<asio_loop> loop = std::make_shared<asio_loop>();
  branch_grpc_client client;
  kit::lane_thread lane;
};

// The message of a status is percent-encoded on the wire; people read it in the transaction's history.
TEST_F(GrpcPeers, ReadsTheStatusFromTrailersAlone) {
  kit::raw_participant peer{after_opening([](http2_peer& it, int) {
    it.answer(it.next_request(), "10", "no%20money: %E4%B8%AD 100%");
    it.answer(it.next_request(), "9");
    it.answer(it.next_request(), "10", "ONGOING");
    it.answer(it.next_request(), "77", "");
    it.next_request();
  })};
  const branch_reply refused = make(peer);
  EXPECT_EQ(refused.outcome, call_outcome::failure);
  EXPECT_EQ(refused.detail, "no money: 中 100%");
  EXPECT_EQ(make(peer).outcome, call_outcome::ongoing);
  EXPECT_EQ(make(peer).outcome, call_outcome::ongoing);
  EXPECT_EQ(make(peer).detail, "rpc error: code = Code(77) desc = ");
  EXPECT_EQ(peer.connections(), 1);
}

// Nothing but a gRPC status of 0 is a success: a proxy's page, a cut answer and a missing status say nothing.
TEST_F(GrpcPeers, TakesNothingButAWholeAnswerForSuccess) {
  const auto headers = [](std::uint32_t stream, kit::header_list list, bool ends) {
    return http2_frame{.type = http2_frame::headers,
                       .flags = static_cast<std::uint8_t>(http2_frame::end_headers | (ends ? 1 : 0)),
                       .stream = stream,
                       .payload = kit::header_block(list)};
  };
  kit::raw_participant peer{after_opening([&](http2_peer& it, int) {
    std::uint32_t stream = it.next_request();
    it.send(headers(stream, {{":status", "200"}}, true));
    stream = it.next_request();
    it.send(headers(stream, {{":status", "503"}, {"content-type", "text/html"}}, true));
    stream = it.next_request();
    it.send(headers(stream, {{":status", "200"}}, false));
    it.send({.type = http2_frame::data, .stream = stream, .payload = kit::grpc_message("abcdef").substr(0, 8)});
    it.send(headers(stream, {{"grpc-status", "0"}}, true));
    stream = it.next_request();
    it.send(headers(stream, {{":status", "200"}, {"grpc-status", "0"}}, false));
    it.send({.type = http2_frame::rst_stream, .stream = stream, .payload = kit::four_bytes(2)});
    stream = it.next_request();
    it.send(headers(stream, {{":status", "200"}}, false));
    it.send({.type = http2_frame::data, .stream = stream, .payload = "abc"});
  })};
  EXPECT_EQ(make(peer).detail, "rpc error: code = Unknown desc = the answer ended without a grpc-status");
  EXPECT_EQ(make(peer).detail, "rpc error: code = Unavailable desc = not a gRPC answer: HTTP status 503");
  EXPECT_THAT(make(peer).detail, StartsWith("rpc error: code = Internal"));
  EXPECT_THAT(make(peer).detail, StartsWith("rpc error: code = Internal desc = the stream was reset"));
  const branch_reply cut = make(peer);
  EXPECT_EQ(cut.outcome, call_outcome::unknown);
  EXPECT_THAT(cut.detail, HasSubstr("the peer closed the connection"));
}

// One talkative participant may not fill the coordinator's memory, nor spoil the connection for other calls.
TEST_F(GrpcPeers, CutsAnAnswerThatDoesNotEndAndKeepsTheConnection) {
  kit::raw_participant peer{after_opening([](http2_peer& it, int) {
    const std::uint32_t stream = it.next_request();
    it.send({.type = http2_frame::headers,
             .flags = http2_frame::end_headers,
             .stream = stream,
             .payload = kit::header_block({{":status", "200"}})});
    const http2_frame piece{.type = http2_frame::data, .stream = stream, .payload = std::string(8'000, 'x')};
    std::uint32_t window = 65'535;
    for (http2_frame said; said.type != http2_frame::rst_stream; said = it.next()) {
      if (said.type == http2_frame::gone) return;
      if (said.type == http2_frame::window_update && said.stream == stream) window += said.number();
      for (; window >= 8'000; window -= 8'000) it.send(piece);
    }
    it.serve();
  })};
  EXPECT_THAT(make(peer).detail, StartsWith("rpc error: code = ResourceExhausted"));
  EXPECT_EQ(make(peer).outcome, call_outcome::success);
  EXPECT_EQ(peer.connections(), 1);
}

TEST_F(GrpcPeers, OutlivesHeadersThatDoNotEnd) {
  std::atomic<int> frames{0};
  kit::raw_participant peer{after_opening([&](http2_peer& it, int connection) {
    if (connection > 0) return it.serve();
    const std::uint32_t stream = it.next_request();
    const std::string block = kit::header_block({{"a", std::string(100, 'x')}});
    std::string large;
    while (large.size() < 16'000) large += block;
    it.send({.type = http2_frame::headers, .stream = stream, .payload = kit::header_block({{":status", "200"}})});
    const http2_frame more{.type = http2_frame::continuation, .stream = stream, .payload = large};
    while (frames < 10'000 && it.send(more)) ++frames;
  })};
  EXPECT_EQ(make(peer, 5s).outcome, call_outcome::unknown);
  while (make(peer, 5s).outcome != call_outcome::success) EXPECT_EQ(peer.connections(), 1);
  EXPECT_EQ(peer.connections(), 2);
  EXPECT_LT(frames, 10'000);
}

TEST_F(GrpcPeers, MakesARefusedCallAgainButNotForEver) {
  std::atomic<int> refused{0};
  kit::raw_participant peer{after_opening([&](http2_peer& it, int) {
    for (std::uint32_t stream = it.next_request(); stream != 0; stream = it.next_request()) {
      if (refused++ == 1) {
        it.answer_well(stream);
      } else {
        it.send({.type = http2_frame::rst_stream, .stream = stream, .payload = kit::four_bytes(7)});
      }
    }
  })};
  EXPECT_EQ(make(peer).outcome, call_outcome::success);
  EXPECT_EQ(refused, 2);
  EXPECT_THAT(make(peer).detail, HasSubstr("refused again and again"));
  EXPECT_EQ(refused, 6);
}

// A server that is rolled out anew says GOAWAY: what it had not begun goes to its successor, what it had is answered.
TEST_F(GrpcPeers, FollowsAPeerThatGoesAway) {
  kit::raw_participant peer{after_opening([&](http2_peer& it, int connection) {
    if (connection > 0) return it.serve();
    const std::uint32_t first = it.next_request();
    const std::uint32_t second = it.next_request();
    it.send({.type = http2_frame::goaway, .payload = kit::four_bytes(first) + kit::four_bytes(0)});
    static_cast<void>(second);
    it.answer(first, "10", "taken before");
    it.next(http2_frame::data);
  })};
  auto first = start(peer);
  auto second = start(peer);
  EXPECT_EQ(first.get().detail, "taken before");
  EXPECT_EQ(second.get().outcome, call_outcome::success);
  EXPECT_EQ(peer.connections(), 2);
}

TEST_F(GrpcPeers, CancelsWhatIsTooLateAndGoesOnWithTheConnection) {
  kit::raw_participant peer{after_opening([](http2_peer& it, int) {
    const std::uint32_t stream = it.next_request();
    const http2_frame reset = it.next(http2_frame::rst_stream);
    if (reset.stream != stream || reset.payload != kit::four_bytes(8)) return;
    it.answer_well(stream);  // too late, and harmless
    it.serve();
  })};
  const branch_reply late = make(peer, 150ms);
  EXPECT_EQ(late.outcome, call_outcome::unknown);
  EXPECT_THAT(late.detail, StartsWith("rpc error: code = DeadlineExceeded desc = timed out after 150 ms"));
  EXPECT_EQ(make(peer).outcome, call_outcome::success);
  EXPECT_EQ(peer.connections(), 1);
}

// Frames that break the rules end the connection; the next call finds a new one.
class GrpcPeersFrame : public GrpcPeers, public testing::WithParamInterface<http2_frame> {};

TEST_P(GrpcPeersFrame, EndsTheConnectionAndNotTheParticipant) {
  kit::raw_participant peer{after_opening([&](http2_peer& it, int connection) {
    if (connection > 0) return it.serve();
    it.next_request();
    it.send(GetParam());
    it.next_request();
  })};
  const branch_reply reply = make(peer, 5s);
  EXPECT_EQ(reply.outcome, call_outcome::unknown);
  EXPECT_THAT(reply.detail, StartsWith("rpc error: code = Unavailable desc = call of 127.0.0.1:"));
  EXPECT_EQ(make(peer, 5s).outcome, call_outcome::success);
}

INSTANTIATE_TEST_SUITE_P(
    ThatBreaksTheRules, GrpcPeersFrame,
    testing::Values(
        http2_frame{.type = http2_frame::settings, .payload = "12345"},
        http2_frame{.type = http2_frame::window_update, .payload = "123"},
        http2_frame{.type = http2_frame::ping, .payload = "1"},
        http2_frame{.type = http2_frame::goaway, .payload = "1"},
        http2_frame{.type = http2_frame::window_update, .payload = kit::four_bytes(0)},
        http2_frame{.type = http2_frame::data, .stream = 99, .payload = "x"},
        http2_frame{.type = http2_frame::headers, .flags = 4, .stream = 98, .payload = "\x88"},
        http2_frame{.type = http2_frame::headers, .flags = 4, .stream = 1, .payload = "\xff\xff\xff\xff\xff\xff\xff"},
        http2_frame{.type = http2_frame::push_promise, .flags = 4, .stream = 1, .payload = kit::four_bytes(2)},
        http2_frame{.type = http2_frame::data, .stream = 1, .payload = std::string(20'000, 'x')}));

TEST_F(GrpcPeers, AnswersCallsThoughThePeerFloodsItWithPings) {
  std::atomic<bool> stop{false};
  kit::raw_participant peer{after_opening([&](http2_peer& it, int connection) {
    if (connection > 0) return it.serve();
    std::string pings;
    while (pings.size() < 1'000'000) pings += http2_frame{.type = http2_frame::ping, .payload = "12345678"}.bytes();
    while (!stop && it.send(pings)) {
    }
  })};
  EXPECT_EQ(make(peer, 2s).outcome, call_outcome::unknown);
  EXPECT_EQ(make(peer, 5s).outcome, call_outcome::success);
  stop = true;
  EXPECT_EQ(pending(), 0u);
}

// A peer may allow few calls on one connection; the others do not have to wait for them.
TEST_F(GrpcPeers, OpensMoreConnectionsToAPeerThatAllowsFewCalls) {
  constexpr std::uint16_t max_concurrent_streams = 3;
  std::atomic<int> waiting{0};
  kit::raw_participant peer{after_opening(
      [&](http2_peer& it, int) {
        const std::uint32_t stream = it.next_request();
        ++waiting;
        while (waiting < 3) std::this_thread::yield();
        it.answer_well(stream);
        it.serve();
      },
      kit::http2_setting(max_concurrent_streams, 1))};
  std::vector<std::future<branch_reply>> calls;
  for (int i = 0; i < 3; ++i) calls.push_back(start(peer));
  for (auto& one : calls) EXPECT_EQ(one.get().outcome, call_outcome::success);
  EXPECT_EQ(peer.connections(), 3);
}

TEST_F(GrpcPeers, SendsALargePayloadPieceByPieceAsThePeerAllows) {
  constexpr std::uint16_t initial_window_size = 4;
  std::string seen;
  kit::raw_participant peer{after_opening(
      [&](http2_peer& it, int) {
        while (true) {
          const http2_frame frame = it.next(http2_frame::data);
          if (frame.type == http2_frame::gone) return;
          seen += frame.payload;
          if ((frame.flags & http2_frame::end_stream) != 0) return it.answer_well(frame.stream);
          const std::string more = kit::four_bytes(static_cast<std::uint32_t>(frame.payload.size()));
          it.send({.type = http2_frame::window_update, .payload = more});
          it.send({.type = http2_frame::window_update, .stream = frame.stream, .payload = more});
        }
      },
      kit::http2_setting(initial_window_size, 1'000))};
  std::string payload(300'000, 'p');
  payload[150'000] = 'q';
  EXPECT_EQ(start(peer, 10s, payload).get().outcome, call_outcome::success);
  EXPECT_EQ(seen, kit::grpc_message(payload));
}

// Such a peer has made up its mind: its answer counts.
TEST_F(GrpcPeers, TakesAnAnswerThatComesBeforeTheWholeRequestIsSent) {
  constexpr std::uint16_t initial_window_size = 4;
  kit::raw_participant peer{after_opening(
      [](http2_peer& it, int) {
        const http2_frame frame = it.next(http2_frame::data);
        it.answer(frame.stream, "10", "too large for me");
        it.next(http2_frame::rst_stream);
        it.serve();
      },
      kit::http2_setting(initial_window_size, 100))};
  const branch_reply reply = start(peer, 10s, std::string(1'000, 'p')).get();
  EXPECT_EQ(reply.outcome, call_outcome::failure);
  EXPECT_EQ(reply.detail, "too large for me");
  EXPECT_EQ(start(peer).get().outcome, call_outcome::success);
  EXPECT_EQ(peer.connections(), 1);
}

class ImpatientGrpcPeers : public GrpcPeers {
protected:
  ImpatientGrpcPeers()
      : GrpcPeers{
            {.connect_timeout = 100ms, .breaker = {.failures_to_open = 2, .open_min = 400ms, .open_max = 400ms}}} {}
};

// A port that accepts and then says nothing is no participant, and calls may not hang on it until their time is over.
TEST_F(ImpatientGrpcPeers, GivesUpOnAPeerThatNeverSpeaks) {
  kit::raw_participant peer{[](kit::tcp_stream& stream, int) { kit::wait_for_close(stream); }};
  const branch_reply reply = make(peer, 20s);
  EXPECT_EQ(reply.outcome, call_outcome::unknown);
  EXPECT_THAT(reply.detail, HasSubstr("connect timed out"));
}

TEST_F(ImpatientGrpcPeers, LeavesADeadTargetAloneForAWhileAndThenTriesOneConnect) {
  std::atomic<bool> is_well{false};
  kit::raw_participant peer{[&](kit::tcp_stream& stream, int) {
    http2_peer it{stream};
    if (is_well && it.open()) it.serve();
  }};
  EXPECT_EQ(make(peer).outcome, call_outcome::unknown);
  EXPECT_EQ(make(peer).outcome, call_outcome::unknown);
  EXPECT_EQ(metrics.grpc.in_trouble[0]->Value(), 1);
  EXPECT_THAT(make(peer).detail, HasSubstr("failed connects"));
  EXPECT_EQ(peer.connections(), 2);
  is_well = true;
  while (make(peer).outcome != call_outcome::success) EXPECT_EQ(metrics.grpc.in_trouble[0]->Value(), 1);
  EXPECT_EQ(peer.connections(), 3);
  EXPECT_EQ(metrics.grpc.in_trouble[0]->Value(), 0);
}

// Its connects do not fail, and yet it is as good as one that refuses them: a proxy without anybody behind it.
TEST_F(ImpatientGrpcPeers, LeavesAPeerAloneThatSendsEverybodyAway) {
  std::atomic<bool> is_well{false};
  kit::raw_participant peer{[&](kit::tcp_stream& stream, int) {
    http2_peer it{stream};
    if (is_well) {
      if (it.open()) it.serve();
      return;
    }
    std::string said;
    stream.read_some(said, kit::steady::now() + 20s);
    it.send(http2_frame{.type = http2_frame::settings, .payload = {}}.bytes() +
            http2_frame{.type = http2_frame::goaway, .payload = kit::four_bytes(0) + kit::four_bytes(0)}.bytes());
    kit::wait_for_close(stream);
  }};
  EXPECT_THAT(make(peer).detail, HasSubstr("failed connects: call of 127.0.0.1:"));
  EXPECT_EQ(metrics.grpc.in_trouble[0]->Value(), 1);
  for (int i = 0; i < 20; ++i) make(peer);
  EXPECT_LT(peer.connections(), 10);
  is_well = true;
  while (make(peer).outcome != call_outcome::success) EXPECT_EQ(metrics.grpc.in_trouble[0]->Value(), 1);
  EXPECT_EQ(metrics.grpc.in_trouble[0]->Value(), 0);
}

class SilentGrpcPeers : public GrpcPeers {
protected:
  SilentGrpcPeers() : GrpcPeers{{.silence = {.failures_to_open = 3, .open_min = 300ms, .open_max = 300ms}}} {}
};

// A peer that takes calls and says nothing about them, or is not there any more without a word of good-bye: calls fail
// at once, and the one that finds out whether it is back does not rely on the old connection.
TEST_F(SilentGrpcPeers, AreLeftAloneUntilOneCallOnANewConnectionIsAnswered) {
  kit::raw_participant peer{after_opening([](http2_peer& it, int connection) {
    if (connection > 0) return it.serve();
    while (it.next_request() != 0) {
    }
  })};
  for (int i = 0; i < 3; ++i) EXPECT_THAT(make(peer, 50ms).detail, HasSubstr("DeadlineExceeded"));
  EXPECT_EQ(metrics.grpc.in_trouble[1]->Value(), 1);
  EXPECT_THAT(make(peer).detail, HasSubstr("3 calls in a row without an answer"));
  EXPECT_EQ(peer.connections(), 1);
  while (make(peer).outcome != call_outcome::success) EXPECT_EQ(metrics.grpc.in_trouble[1]->Value(), 1);
  EXPECT_EQ(peer.connections(), 2);
  EXPECT_EQ(metrics.grpc.in_trouble[1]->Value(), 0);
}

// A call may be slow work with hours of time: while it finds out, the peer is there for everybody else.
TEST_F(SilentGrpcPeers, AreThereForOthersWhileASlowCallFindsOut) {
  std::atomic<int> slow_calls{0};
  kit::raw_participant peer{after_opening([&](http2_peer& it, int connection) {
    while (connection == 0 && it.next_request() != 0) {
    }
    if (it.next_request() != 0) ++slow_calls;
    it.serve();
  })};
  for (int i = 0; i < 3; ++i) make(peer, 50ms);
  std::future<branch_reply> slow = start(peer, 60s);
  while (slow_calls == 0) {
    if (slow.wait_for(1ms) == std::future_status::ready) slow = start(peer, 60s);
  }
  const auto began = kit::steady::now();
  while (make(peer).outcome != call_outcome::success && kit::steady::now() - began < 20s) {
  }
  EXPECT_LT(kit::steady::now() - began, 10s);
  EXPECT_EQ(slow.wait_for(0s), std::future_status::timeout);
}

}  // namespace
}  // namespace treaty
