#include "bench/isolation/peers.hpp"

#include "tests/kit/http2_peer.hpp"
#include "tests/kit/http_message.hpp"

namespace treaty::isolation {
namespace {

using kit::http2_frame;
using kit::http2_peer;
using kit::steady;
using kit::tcp_stream;

constexpr std::chrono::minutes patience{10};

void swallow(tcp_stream& stream) {
  std::string ignored;
  while (stream.read_some(ignored, steady::now() + patience) == tcp_stream::read_end::bytes) ignored.clear();
}

void answer_http(tcp_stream& stream) {
  const std::string answer = kit::ok_answer(R"({"dtm_result":"SUCCESS"})");
  std::string buffered;
  while (kit::read_message(stream, buffered, kit::message_kind::request, steady::now() + patience))
    if (!stream.write(answer, steady::now() + patience)) return;
}

/// With room for as many calls as come.
bool open_grpc(http2_peer& it) {
  constexpr std::uint32_t widest = 0x7fffffff;
  constexpr std::uint32_t initial = 65'535;
  return it.open() && it.send({.type = http2_frame::window_update, .payload = kit::four_bytes(widest - initial)});
}

kit::raw_participant::script script_of(protocol speaks, manner behaves) {
  return [=](tcp_stream& stream, int) {
    if (speaks == protocol::http) return behaves == manner::answers ? answer_http(stream) : swallow(stream);
    http2_peer it{stream};
    if (!open_grpc(it)) return;
    if (behaves == manner::answers) return it.serve();
    it.next(http2_frame::settings);  // acknowledged
    swallow(stream);
  };
}

}  // namespace

std::string_view name_of(protocol one) {
  return one == protocol::http ? "http" : "grpc";
}

peer::peer(protocol speaks, manner behaves) : speaks_{speaks}, service_{script_of(speaks, behaves)} {}

std::string peer::url() const {
  const std::string address = "127.0.0.1:" + std::to_string(service_.port());
  return speaks_ == protocol::http ? "http://" + address + "/ok" : address + "/busi.Busi/ok";
}

}  // namespace treaty::isolation
