// The real binary among participants that hang, trickle, reset, flood and break every rule. Nothing that such a
// participant says or does not say is a success or a failure: the call's outcome is unknown, it is repeated, later and
// later, and ends well when the participant is well again. Others do not notice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/kit/eventually.hpp"
#include "tests/kit/http2_peer.hpp"
#include "tests/kit/http_client.hpp"
#include "tests/kit/participant.hpp"
#include "tests/kit/raw_participant.hpp"
#include "tests/kit/sanitized.hpp"
#include "tests/kit/scratch_directory.hpp"
#include "tests/kit/treatyd_process.hpp"

namespace treaty::faults {
namespace {

using namespace std::chrono_literals;
using kit::http2_frame;
using kit::http2_peer;
using kit::steady;
using kit::tcp_stream;
using testing::HasSubstr;

enum class wire : bool { http, grpc };

/// How a participant misbehaves on one connection; for gRPC after the handshake.
struct misbehaviour {
  const char* name;
  wire protocol;
  std::function<void(tcp_stream& stream, const std::atomic<bool>& is_well)> act;
};
void PrintTo(const misbehaviour& one, std::ostream* out) {
  *out << (one.protocol == wire::http ? "HTTP: " : "gRPC: ") << one.name;
}

bool take_request(tcp_stream& stream) {
  std::string buffered;
  return kit::read_message(stream, buffered, kit::message_kind::request, steady::now() + 20s).has_value();
}

/// Answers a call with these bytes, and closes.
misbehaviour says(const char* name, std::string bytes) {
  return {name, wire::http, [bytes = std::move(bytes)](tcp_stream& stream, const std::atomic<bool>&) {
            if (take_request(stream)) stream.write(bytes, steady::now() + 20s);
          }};
}

/// Answers a call with a beginning and then one more piece after the other.
misbehaviour goes_on(const char* name, std::string beginning, std::string piece, std::chrono::milliseconds pause) {
  return {name, wire::http, [=](tcp_stream& stream, const std::atomic<bool>& is_well) {
            if (!take_request(stream) || !stream.write(beginning, steady::now() + 20s)) return;
            while (!is_well && stream.write(piece, steady::now() + 20s)) {
              std::string closed;
              if (pause > 0ms && stream.read_some(closed, steady::now() + pause) == tcp_stream::read_end::closed)
                return;
            }
          }};
}

misbehaviour grpc(const char* name, std::function<void(http2_peer&, std::uint32_t stream)> act) {
  return {name, wire::grpc, [act = std::move(act)](tcp_stream& stream, const std::atomic<bool>& is_well) {
            http2_peer peer{stream};
            if (!peer.open()) return;
            for (std::uint32_t call = peer.next_request(); call != 0; call = peer.next_request())
              is_well ? peer.answer_well(call) : act(peer, call);
          }};
}

void send_head(http2_peer& peer, std::uint32_t stream) {
  peer.send({.type = http2_frame::headers,
             .flags = http2_frame::end_headers,
             .stream = stream,
             .payload = kit::header_block({{":status", "200"}, {"content-type", "application/grpc"}})});
}

const std::string ok = "HTTP/1.1 200 OK\r\n";

std::vector<misbehaviour> over_http() {
  return {
      {"hangs", wire::http, [](tcp_stream& stream, const std::atomic<bool>&) { kit::wait_for_close(stream); }},
      {"is half-open: says good-bye to nobody", wire::http,
       [](tcp_stream& stream, const std::atomic<bool>& is_well) {
         take_request(stream);
         is_well.wait(false);
       }},
      {"resets", wire::http,
       [](tcp_stream& stream, const std::atomic<bool>&) {
         if (take_request(stream)) stream.reset();
       }},
      goes_on("answers a byte in a while", ok + "Content-Length: 1000\r\n\r\n", "x", 100ms),
      goes_on("sends a header byte in a while", ok, "x", 100ms),
      goes_on("floods with bytes", ok + "\r\n", std::string(65'536, 'x'), 0ms),
      goes_on("floods with garbage", "", std::string(65'536, 'g'), 0ms),
      goes_on("sends headers without end", ok, "X-More: " + std::string(1'000, 'h') + "\r\n", 0ms),
      goes_on("sends interim answers without end", "", "HTTP/1.1 100 Continue\r\n\r\n", 0ms),
      goes_on("sends chunks without end", ok + "Transfer-Encoding: chunked\r\n\r\n",
              "3e8\r\n" + std::string(1'000, 'c') + "\r\n", 0ms),
      goes_on("sends a chunk's line without end",
              ok + "Transfer-Encoding: chunked\r\n\r\n5;a=", std::string(65'536, 'e'), 0ms),
      goes_on("sends trailers without end", ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", std::string(65'536, 't'),
              0ms),
      says("announces more than it sends", ok + "Content-Length: 100\r\n\r\nSUCCESS"),
      says("announces more than anyone takes", ok + "Content-Length: 99999999999999\r\n\r\nSUCCESS"),
      says("announces two lengths", ok + "Content-Length: 7\r\nContent-Length: 3\r\n\r\nSUCCESS"),
      says("announces a negative length", ok + "Content-Length: -7\r\n\r\nSUCCESS"),
      says("sends rubbish for a chunk", ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\nSUCCESS\r\n0\r\n\r\n"),
      says("sends a chunk of 2^64 bytes", ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nSUCCESS"),
      says("ends in the middle of a chunk", ok + "Transfer-Encoding: chunked\r\n\r\n64\r\nSUCCESS"),
      says("closes without a word", ""),
  };
}

misbehaviour answers_in_http1() {
  return {"answers in HTTP/1.1", wire::grpc, [](tcp_stream& stream, const std::atomic<bool>&) {
            std::string ignored;
            stream.read_some(ignored, steady::now() + 20s);
            stream.write(kit::ok_answer("SUCCESS"), steady::now() + 20s);
          }};
}

std::vector<misbehaviour> over_grpc() {
  return {
      grpc("hangs", [](http2_peer&, std::uint32_t) {}),
      {"never speaks HTTP/2", wire::grpc,
       [](tcp_stream& stream, const std::atomic<bool>&) { kit::wait_for_close(stream); }},
      {"resets", wire::grpc,
       [](tcp_stream& stream, const std::atomic<bool>&) {
         http2_peer peer{stream};
         if (peer.open() && peer.next_request() != 0) stream.reset();
       }},
      {"vanishes in a stream", wire::grpc,
       [](tcp_stream& stream, const std::atomic<bool>&) {
         http2_peer peer{stream};
         if (!peer.open()) return;
         const std::uint32_t call = peer.next_request();
         if (call != 0) send_head(peer, call);
       }},
      grpc("never sends trailers",
           [](http2_peer& peer, std::uint32_t call) {
             send_head(peer, call);
             peer.send({.type = http2_frame::data, .stream = call, .payload = kit::grpc_message("done")});
           }),
      {"says good-bye in the midst of a call", wire::grpc,
       [](tcp_stream& stream, const std::atomic<bool>&) {
         http2_peer peer{stream};
         if (!peer.open()) return;
         const std::uint32_t call = peer.next_request();
         if (call == 0) return;
         peer.send({.type = http2_frame::goaway, .payload = kit::four_bytes(call) + kit::four_bytes(0)});
         send_head(peer, call);
       }},
      {"takes nothing and goes away", wire::grpc,
       [](tcp_stream& stream, const std::atomic<bool>&) {
         http2_peer peer{stream};
         if (!peer.open() || peer.next_request() == 0) return;
         peer.send({.type = http2_frame::goaway, .payload = kit::four_bytes(0) + kit::four_bytes(0)});
       }},
      grpc("refuses each stream",
           [](http2_peer& peer, std::uint32_t call) {
             peer.send({.type = http2_frame::rst_stream, .stream = call, .payload = kit::four_bytes(7)});
           }),
      grpc("answers without end",
           [](http2_peer& peer, std::uint32_t call) {
             send_head(peer, call);
             const http2_frame piece{.type = http2_frame::data, .stream = call, .payload = std::string(8'000, 'x')};
             for (int sent = 0; sent < 8; ++sent) peer.send(piece);  // as much as it may
           }),
      grpc("sends headers without end",
           [](http2_peer& peer, std::uint32_t call) {
             peer.send(
                 {.type = http2_frame::headers, .stream = call, .payload = kit::header_block({{":status", "200"}})});
             std::string block;
             while (block.size() < 16'000) block += kit::header_block({{"a", std::string(100, 'x')}});
             const http2_frame more{.type = http2_frame::continuation, .stream = call, .payload = block};
             for (int sent = 0; sent < 1'000 && peer.send(more); ++sent) {
             }
           }),
      grpc("floods with pings",
           [](http2_peer& peer, std::uint32_t) {
             std::string pings;
             while (pings.size() < 100'000)
               pings += http2_frame{.type = http2_frame::ping, .payload = "12345678"}.bytes();
             for (int sent = 0; sent < 100 && peer.send(pings); ++sent) {
             }
           }),
      answers_in_http1(),
  };
}

/// Misbehaves until it is well, and counts the connections.
class bad_participant {
public:
  explicit bad_participant(const misbehaviour& how)
      : protocol_{how.protocol}, service_{[this, &how](tcp_stream& stream, int) {
          if (!is_well_) return how.act(stream, is_well_);
          if (protocol_ == wire::http) return kit::answer_each(stream, kit::ok_answer("ok"));
          http2_peer peer{stream};
          if (peer.open()) peer.serve();
        }} {}
  ~bad_participant() { recover(); }
  void recover() {
    is_well_ = true;
    is_well_.notify_all();
  }
  std::string url() const {
    const std::string address = "127.0.0.1:" + std::to_string(service_.port());
    return protocol_ == wire::http ? "http://" + address + "/pay" : address + "/busi.Busi/Pay";
  }

private:
  const wire protocol_;
  std::atomic<bool> is_well_{false};
  kit::raw_participant service_;
};

std::string saga(const std::string& gid, const std::string& url, bool waits) {
  const std::string protocol = url.starts_with("http") ? "http" : "grpc";
  return R"({"gid":")" + gid + R"(","trans_type":"saga","protocol":")" + protocol + R"(","steps":[{"action":")" + url +
         R"(","compensate":")" + url + R"("}],"payloads":[""],"wait_result":)" + (waits ? "true" : "false") + "}";
}

/// One coordinator for all of them: what one leaves behind is there when the next one comes.
class BadParticipants : public testing::TestWithParam<misbehaviour> {
public:
  static void SetUpTestSuite() {
    scratch_ = std::make_unique<kit::scratch_directory>();
    const char* const other = std::getenv("TREATYD");
    coordinator_ = std::make_unique<kit::treatyd_process>(
        other == nullptr ? TREATYD_BINARY : other, scratch_->path(),
        kit::treatyd_options{.config = "RetryInterval: 1\nRequestTimeout: 1\nLogLevel: warn\n"});
    coordinator_->start();
  }
  static void TearDownTestSuite() {
    coordinator_.reset();
    scratch_.reset();
  }

protected:
  void TearDown() override {
    EXPECT_TRUE(coordinator_->is_running());
    if (HasFailure()) std::cout << "the coordinator's log ends:\n" << coordinator_->log_tail() << "\n";
  }
  static std::uint16_t port() { return coordinator_->http_port(); }
  static nlohmann::json transaction(const std::string& gid) {
    return nlohmann::json::parse(kit::get(port(), "/api/dtmsvr/query?gid=" + gid).body, nullptr, false)["transaction"];
  }
  static std::string status_of(const std::string& gid) {
    const auto found = transaction(gid);
    return found.is_object() ? found.value("status", "") : "absent";
  }
  /// Calls in its history that ended with this outcome.
  static int calls(const std::string& gid, const std::string& outcome) {
    const std::string text = kit::get(port(), "/api/treaty/v1/transactions/" + gid + "/history").body;
    const std::string said = R"("outcome":")" + outcome + '"';
    int count = 0;
    for (std::size_t at = 0; (at = text.find(said, at)) != std::string::npos; ++at) ++count;
    return count;
  }

  static inline std::unique_ptr<kit::scratch_directory> scratch_;
  static inline std::unique_ptr<kit::treatyd_process> coordinator_;
};

TEST_P(BadParticipants, LeaveTheOutcomeOpenAndHarmNobodyElse) {
  constexpr int sagas = 24;
  const std::string name = "b" + std::to_string(std::hash<std::string>{}(testing::PrintToString(GetParam())));
  bad_participant bad{GetParam()};
  kit::participant healthy;
  kit::post(port(), "/api/dtmsvr/submit", saga(name + "-warm", healthy.url("/ok"), true));
  const double before = coordinator_->resident_mib();
  for (int number = 0; number < sagas; ++number)
    ASSERT_EQ(
        kit::post(port(), "/api/dtmsvr/submit", saga(name + "-" + std::to_string(number), bad.url(), false)).status,
        200);
  for (int number = 0; number < 20; ++number) {  // meanwhile, over 2 seconds
    const auto began = steady::now();
    EXPECT_EQ(kit::post(port(), "/api/dtmsvr/submit",
                        saga(name + "-other" + std::to_string(number), healthy.url("/ok"), true))
                  .status,
              200);
    // Less than one call of the bad one; where everything is late, less than half of them one after the other.
    EXPECT_LT(steady::now() - began, kit::is_sanitized ? 12s : 900ms);
    std::this_thread::yield();
  }
  const std::string first = name + "-0";
  EXPECT_TRUE(kit::eventually([&] { return calls(first, "unknown") >= 2; })) << transaction(first).dump();
  EXPECT_EQ(calls(first, "success") + calls(first, "failure"), 0);
  EXPECT_EQ(status_of(first), "submitted");
  const double grown = coordinator_->resident_mib() - before;
  EXPECT_LT(grown, 100 + kit::mib_in_quarantine) << "MiB";
  bad.recover();
  for (int number = 0; number < sagas; ++number) {
    const std::string gid = name + "-" + std::to_string(number);
    EXPECT_TRUE(kit::eventually([&] { return status_of(gid) == "succeed"; }, 40s)) << transaction(gid).dump();
  }
}

INSTANTIATE_TEST_SUITE_P(OverHttp, BadParticipants, testing::ValuesIn(over_http()));
INSTANTIATE_TEST_SUITE_P(OverGrpc, BadParticipants, testing::ValuesIn(over_grpc()));

}  // namespace
}  // namespace treaty::faults
