// What a client may say in HTTP/2 to our gRPC server. The first byte: in pieces of how many bytes it speaks; the
// second: how soon the answers come.

#include <algorithm>
#include <set>

#include "net/grpc/rpc_session.hpp"
#include "net/url_text.hpp"
#include "tests/fuzz/check.hpp"

namespace treaty::fuzz {
namespace {

constexpr std::string_view greeting{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33};
constexpr std::size_t output_max = 1u << 20;

class listener {
public:
  listener() {
    methods_.add("/s.S/Once", {rpc_asks::once, {}});
    methods_.add("/s.S/Often", {rpc_asks::often, {}});
    FUZZ_CHECK(session_.receive(greeting, {}));
    speak();
  }

  /// False: the connection is of no more use.
  bool hear(std::string_view bytes, bool answers_now) {
    const auto taken = session_.receive(bytes, rpc_session::clock::time_point{} + std::chrono::seconds{1});
    if (!taken) FUZZ_CHECK(!taken.error().detail.empty());
    for (rpc_message& one : session_.take_messages()) {
      FUZZ_CHECK(one.bytes.size() <= limits_.message_bytes_max);
      FUZZ_CHECK(one.method != nullptr || one.bytes.empty());
      waiting_.push_back(std::move(one));
    }
    if (answers_now) answer_all();
    FUZZ_CHECK(budget_.held <= budget_.most + output_max);
    return taken && speak() && !session_.is_over();
  }

  void finish() {
    answer_all();
    session_.end_late(rpc_session::clock::time_point{} + std::chrono::hours{1});
    session_.go_away();
    speak();
  }

private:
  void answer_all() {
    for (const rpc_message& one : std::exchange(waiting_, {})) {
      if (one.method == nullptr) {
        session_.finish(one.stream, grpc_status{});
      } else if (one.method->asks == rpc_asks::often) {
        session_.send(one.stream, one.bytes);
      } else if (one.bytes.size() % 2 == 0) {
        session_.finish(one.stream, one.bytes);
      } else {
        session_.finish(one.stream, {grpc_aborted, one.bytes});
      }
      if (one.method == nullptr || one.method->asks == rpc_asks::once) FUZZ_CHECK(!session_.is_open(one.stream));
    }
  }

  bool speak() {
    std::string out;
    const auto produced = session_.produce(out, output_max);
    FUZZ_CHECK(out.size() < 2 * output_max);
    return static_cast<bool>(produced);
  }

  rpc_table methods_;
  rpc_limits limits_{
      .message_bytes_max = 4'096, .header_bytes_max = 2'048, .streams_max = 8, .answers_waiting_max = 8'192};
  rpc_budget budget_{.most = 8'192};
  rpc_session session_{methods_, limits_, budget_};
  std::vector<rpc_message> waiting_;
};

void listen(input in) {
  const std::size_t piece = std::max<std::size_t>(in.byte(), 1);
  const std::size_t lateness = in.byte() % 4 + 1;
  const std::string_view text = in.all();
  listener server;
  std::size_t turn = 0;
  for (std::size_t at = 0; at < text.size(); at += piece)
    if (!server.hear(text.substr(at, piece), ++turn % lateness == 0)) return;
  server.finish();
  FUZZ_CHECK(percent_decoded(grpc_message_text(text)) == text);
}

}  // namespace
}  // namespace treaty::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  treaty::fuzz::listen(treaty::fuzz::input{data, size});
  return 0;
}
