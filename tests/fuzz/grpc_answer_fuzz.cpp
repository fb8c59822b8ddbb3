// What a participant may say in HTTP/2 while calls are under way. The first byte: how many calls, and whether the peer
// has settled before; the second: in pieces of how many bytes it speaks.

#include <algorithm>
#include <set>

#include "net/http2/grpc_session.hpp"
#include "net/outcome.hpp"
#include "net/url_text.hpp"
#include "tests/fuzz/check.hpp"

namespace treaty::fuzz {
namespace {

constexpr std::string_view settled{"\0\0\0\4\0\0\0\0\0", 9};
constexpr std::size_t output_max = 1u << 20;

grpc_exchange_ptr call_number(int number) {
  auto what = std::make_unique<grpc_exchange>(nullptr);
  what->target = {"h:1", "/s.S/M"};
  what->call.payload = "payload";
  what->metadata = {{"dtm-gid", "g" + std::to_string(number)}, {"dtm-dtm", ""}};
  what->deadline = grpc_session::clock::time_point{} + std::chrono::seconds{3};
  return what;
}

class listener {
public:
  explicit listener(int calls) : session_{"fuzz"} {
    FUZZ_CHECK(session_.receive(settled));
    for (int i = 0; i < calls; ++i) session_.start(call_number(i), {});
    open_ = static_cast<std::size_t>(calls);
    speak();
  }

  /// False: the connection is of no more use.
  bool hear(std::string_view bytes) {
    const auto taken = session_.receive(bytes);
    if (!taken) FUZZ_CHECK(!taken.error().detail.empty());
    look_at_ended();
    return taken && speak() && !session_.is_over();
  }

  /// No call is lost, and none ends twice.
  void finish() {
    look_at_ended();
    FUZZ_CHECK(session_.take_all().size() == open_);
    FUZZ_CHECK(session_.in_flight() == 0);
  }

private:
  bool speak() {
    std::string out;
    const auto produced = session_.produce(out, output_max);
    FUZZ_CHECK(out.size() < 2 * output_max);
    look_at_ended();
    return static_cast<bool>(produced);
  }

  void look_at_ended() {
    for (const ended_call& one : session_.take_ended()) {
      FUZZ_CHECK(one.what && open_ > 0);
      --open_;
      const branch_reply reply = judge_grpc(one.how.code, one.how.message);
      FUZZ_CHECK(reply.detail.size() <= reply_detail_bytes_max);
      if (one.was_processed && reply.outcome == call_outcome::success) FUZZ_CHECK(!one.what->answer.is_empty());
    }
    FUZZ_CHECK(session_.in_flight() == open_);
  }

  grpc_session session_;
  std::size_t open_ = 0;
};

void listen(input in) {
  listener peer{in.byte() % 4};
  const std::size_t piece = std::max<std::size_t>(in.byte(), 1);
  const std::string_view text = in.all();
  for (std::size_t at = 0; at < text.size(); at += piece)
    if (!peer.hear(text.substr(at, piece))) break;
  peer.finish();
  FUZZ_CHECK(percent_decoded(text).size() <= text.size());
}

}  // namespace
}  // namespace treaty::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  treaty::fuzz::listen(treaty::fuzz::input{data, size});
  return 0;
}
