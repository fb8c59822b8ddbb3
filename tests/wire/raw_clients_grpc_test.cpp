#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <array>
#include <future>
#include <map>

#include "tests/kit/header_decoder.hpp"
#include "tests/kit/tcp.hpp"
#include "tests/wire/raw_coordinator.hpp"

// What the PHP and the C# client put into gRPC messages, byte for byte, against the real binary.
namespace treaty::wire_test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Pair;
using testing::StartsWith;

/// A text or message as a field of a message.
std::string field(int number, const std::string& bytes) {
  std::string out{static_cast<char>(number << 3 | 2)};
  std::size_t length = bytes.size();
  for (; length >= 0x80; length >>= 7) out += static_cast<char>((length & 0x7F) | 0x80);
  return out + static_cast<char>(length) + bytes;
}

/// A frame of HTTP/2 on stream 1, or on the connection.
std::string frame(int type, int flags, int stream, const std::string& payload) {
  std::string out;
  for (const int shift : {16, 8, 0}) out += static_cast<char>(payload.size() >> shift & 0xFF);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  return out + std::string(3, '\0') + static_cast<char>(stream) + payload;
}

class RawGrpcClients : public raw_coordinator {
protected:
  struct answer {
    grpc::Status status;
    std::string message;
  };

  static answer call(const std::string& method, const std::string& message, std::chrono::milliseconds limit = 20s) {
    static const auto channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(coordinator().grpc_port()),
                                                    grpc::InsecureChannelCredentials());
    grpc::GenericStub stub{channel};
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + limit);
    const grpc::Slice bytes{message};
    const grpc::ByteBuffer request{&bytes, 1};
    grpc::ByteBuffer reply;
    std::promise<grpc::Status> ended;
    stub.UnaryCall(&context, "/dtmgimp.Dtm/" + method, grpc::StubOptions{}, &request, &reply,
                   [&](grpc::Status status) { ended.set_value(std::move(status)); });
    answer out{ended.get_future().get(), {}};
    grpc::Slice whole;
    if (reply.DumpToSingleSlice(&whole).ok())
      out.message.assign(reinterpret_cast<const char*>(whole.begin()), whole.size());
    return out;
  }
  static std::string new_gid() {
    const answer made = call("NewGid", "");
    EXPECT_TRUE(made.status.ok());
    EXPECT_THAT(made.message, StartsWith("\x0a"));
    return made.message.substr(std::min<std::size_t>(2, made.message.size()));
  }
  static void expect_taken(const answer& heard) {
    EXPECT_TRUE(heard.status.ok()) << heard.status.error_message();
    EXPECT_EQ(heard.message, "");
  }
  static std::string steps(const std::string& path) { return R"([{"action":")" + url(path) + R"("}])"; }
  /// What a PHP application sends to begin and to end a transaction: its identity and no options.
  static std::string identity(const std::string& gid, const std::string& type) {
    return field(1, gid) + field(2, type);
  }
  static std::string entry(const std::string& key, const std::string& value) {
    return field(5, field(1, key) + field(2, value));
  }
};

TEST_F(RawGrpcClients, PhpEndsATccWithoutOptions) {
  const std::string gid = new_gid();
  expect_taken(call("Prepare", identity(gid, "tcc")));
  expect_taken(call("RegisterBranch", identity(gid, "tcc") + field(3, "01") + entry("confirm", url("/confirm")) +
                                          entry("cancel", url("/cancel")) + field(6, "\x08\x1e")));
  expect_taken(call("Submit", identity(gid, "tcc")));
  ASSERT_TRUE(ends_as(gid, "succeed"));
  EXPECT_EQ(service().story_of(gid), "confirm 01");
  EXPECT_EQ(service().ledger_of(gid)[0].message.body, "\x08\x1e");
  const answer late = call("Abort", identity(gid, "tcc"));
  EXPECT_EQ(late.status.error_code(), grpc::StatusCode::ABORTED);
}

// Its options still have the headers that are passed through, field 4, which nobody else knows any more.
TEST_F(RawGrpcClients, PhpSendsAnOptionThatIsGone) {
  const std::string gid = new_gid();
  const std::string waits = "\x08\x01";
  const std::string branch_headers = field(5, field(1, "x-origin") + field(2, "php"));
  const std::string options = waits + field(4, "x-passed-through") + field(4, "x-too") + branch_headers;
  expect_taken(
      call("Submit", identity(gid, "msg") + field(3, options) + field(5, R"({"amount":30})") + field(7, steps("/a"))));
  EXPECT_EQ(status_of(gid), "succeed");
  EXPECT_EQ(service().ledger_of(gid).at(0).message.header("x-origin"), "php");
  EXPECT_EQ(service().ledger_of(gid).at(0).message.body, R"({"amount":30})");
}

// Each of its calls has a deadline, by which it wants an answer although the branches take their time.
TEST_F(RawGrpcClients, CSharpIsAnsweredWithinItsDeadline) {
  service().on("/slow", kit::scripted_reply{.delay = 10s});
  const std::string gid = new_gid();
  const std::string whole = identity(gid, "msg") + field(3, field(5, field(1, "x-origin") + field(2, "csharp"))) +
                            field(5, "1") + field(6, url("/q")) + field(7, steps("/slow"));
  expect_taken(call("Prepare", whole, 5s));
  expect_taken(call("Submit", whole, 5s));
  service().on("/slow", kit::scripted_reply{});
  ASSERT_TRUE(ends_as(gid, "succeed"));
}

TEST_F(RawGrpcClients, CSharpSendsEmptyOptionsAndNoSteps) {
  const std::string gid = new_gid();
  const std::string whole = identity(gid, "xa") + field(3, "");
  expect_taken(call("Prepare", whole, 10s));
  expect_taken(call("RegisterBranch", identity(gid, "xa") + field(3, "01") + entry("url", url("/x")), 10s));
  expect_taken(call("Abort", whole + field(9, "no money"), 10s));
  ASSERT_TRUE(ends_as(gid, "failed"));
  EXPECT_EQ(service().story_of(gid), "rollback 01");
  EXPECT_EQ(query(gid)["transaction"]["rollback_reason"], "no money");
}

/// One call in frames of our own: what came back in blocks of headers, and as a message with its prefix of five bytes.
struct exchanged {
  std::map<std::string, std::string> headers;
  std::string data;
};

exchanged speak_http2(std::uint16_t port, const std::string& method, const std::string& message) {
  const auto deadline = kit::steady::now() + 20s;
  const std::array<std::pair<std::string, std::string>, 7> fields{{{":method", "POST"},
                                                                   {":scheme", "http"},
                                                                   {":path", "/dtmgimp.Dtm/" + method},
                                                                   {":authority", "127.0.0.1"},
                                                                   {"content-type", "application/grpc+proto"},
                                                                   {"te", "trailers"},
                                                                   {"user-agent", "grpc-php-hyperf/1.0"}}};
  std::string block;
  for (const auto& [name, value] : fields) {
    block += '\0';
    (block += static_cast<char>(name.size())) += name;
    (block += static_cast<char>(value.size())) += value;
  }
  const std::string body = std::string(4, '\0') + static_cast<char>(message.size()) + message;
  auto connection = kit::tcp_stream::connect_to(port);
  connection.write(
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, "") + frame(1, 4, 1, block) + frame(0, 1, 1, body), deadline);
  exchanged out;
  kit::header_decoder decoder;
  std::string bytes;
  const auto has = [&](std::size_t count) {
    while (bytes.size() < count) {
      if (connection.read_some(bytes, deadline) != kit::tcp_stream::read_end::bytes) return false;
    }
    return true;
  };
  while (has(9)) {
    const std::size_t length = static_cast<unsigned char>(bytes[1]) * 256u + static_cast<unsigned char>(bytes[2]);
    if (!has(9 + length)) break;
    const int type = bytes[3];
    if (type == 0) out.data += bytes.substr(9, length);
    if (type == 1) {
      EXPECT_TRUE(decoder.read(bytes.substr(9, length), out.headers));
    }
    if (type < 2 && (bytes[4] & 1) != 0) break;  // the end of the stream
    bytes.erase(0, 9 + length);
  }
  return out;
}

// Hyperf's client says what it encodes its messages with, and looks for the status in headers and trailers.
TEST_F(RawGrpcClients, PhpNamesItsEncodingAndFindsTheStatus) {
  const exchanged made = speak_http2(coordinator().grpc_port(), "NewGid", "");
  EXPECT_THAT(made.headers, Contains(Pair("grpc-status", "0")));
  ASSERT_GT(made.data.size(), 7u);
  EXPECT_EQ(made.data[5], '\x0a');
  const std::string gid = made.data.substr(7);
  const exchanged submitted = speak_http2(coordinator().grpc_port(), "Submit", identity(gid, "saga"));
  EXPECT_THAT(submitted.headers, Contains(Pair("grpc-status", "0")));
  EXPECT_EQ(submitted.data, std::string(5, '\0'));
  ASSERT_TRUE(ends_as(gid, "succeed"));
  const exchanged again = speak_http2(coordinator().grpc_port(), "Submit", identity(gid, "saga"));
  EXPECT_THAT(again.headers, Contains(Pair("grpc-status", "10")));
  EXPECT_THAT(again.headers, Contains(Pair("grpc-message", "current status 'succeed', cannot sumbmit. FAILURE")));
}

}  // namespace
}  // namespace treaty::wire_test
