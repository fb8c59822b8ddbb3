#include "tests/kit/http2_peer.hpp"

namespace treaty::kit {
namespace {

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

steady::time_point soon() {
  return steady::now() + std::chrono::seconds{20};
}

std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < count; ++i) out = out << 8 | static_cast<unsigned char>(bytes[at + i]);
  return out;
}

}  // namespace

std::string four_bytes(std::uint32_t value) {
  std::string out;
  for (const unsigned shift : {24u, 16u, 8u, 0u}) out += static_cast<char>(value >> shift);
  return out;
}

std::string http2_frame::bytes() const {
  std::string out = four_bytes(static_cast<std::uint32_t>(payload.size())).substr(1);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  return out + four_bytes(stream) + payload;
}

std::uint32_t http2_frame::number() const {
  return payload.size() < 4 ? 0 : number_at(payload, 0, 4);
}

std::string http2_setting(std::uint16_t id, std::uint32_t value) {
  return four_bytes(id).substr(2) + four_bytes(value);
}

std::string header_block(const header_list& headers) {
  std::string out;
  for (const auto& [name, value] : headers) {
    out += '\0';  // a literal that is not kept
    out += static_cast<char>(name.size());
    out += name;
    out += static_cast<char>(value.size());
    out += value;
  }
  return out;
}

std::string grpc_message(std::string_view payload) {
  return std::string(1, '\0') + four_bytes(static_cast<std::uint32_t>(payload.size())) + std::string{payload};
}

bool http2_peer::fill(std::size_t count) {
  while (read_.size() < count)
    if (stream_.read_some(read_, soon()) != tcp_stream::read_end::bytes) return false;
  return true;
}

bool http2_peer::open(const std::string& settings) {
  if (!fill(preface.size()) || !read_.starts_with(preface)) return false;
  read_.erase(0, preface.size());
  return send({.type = http2_frame::settings, .payload = settings});
}

http2_frame http2_peer::next() {
  constexpr std::size_t head = 9;
  if (!fill(head)) return {.type = http2_frame::gone, .payload = {}};
  const std::size_t length = number_at(read_, 0, 3);
  if (!fill(head + length)) return {.type = http2_frame::gone, .payload = {}};
  http2_frame out{.type = static_cast<std::uint8_t>(read_[3]),
                  .flags = static_cast<std::uint8_t>(read_[4]),
                  .stream = number_at(read_, 5, 4),
                  .payload = read_.substr(head, length)};
  read_.erase(0, head + length);
  if (out.type == http2_frame::settings && (out.flags & http2_frame::end_stream) == 0)
    send({.type = http2_frame::settings, .flags = http2_frame::end_stream, .payload = {}});
  return out;
}

http2_frame http2_peer::next(http2_frame::kind type) {
  for (;;) {
    http2_frame frame = next();
    if (frame.type == type || frame.type == http2_frame::gone) return frame;
  }
}

std::uint32_t http2_peer::next_request() {
  request.clear();
  for (;;) {
    const http2_frame frame = next(http2_frame::data);
    if (frame.type == http2_frame::gone) return 0;
    request += frame.payload;
    if ((frame.flags & http2_frame::end_stream) != 0) return frame.stream;
  }
}

bool http2_peer::send(std::string_view bytes) {
  return stream_.write(bytes, soon());
}

void http2_peer::answer(std::uint32_t stream, const std::string& status, const std::string& message) {
  send({.type = http2_frame::headers,
        .flags = http2_frame::end_stream | http2_frame::end_headers,
        .stream = stream,
        .payload = header_block({{":status", "200"},
                                 {"content-type", "application/grpc"},
                                 {"grpc-status", status},
                                 {"grpc-message", message}})});
}

void http2_peer::answer_well(std::uint32_t stream) {
  send({.type = http2_frame::headers,
        .flags = http2_frame::end_headers,
        .stream = stream,
        .payload = header_block({{":status", "200"}, {"content-type", "application/grpc"}})});
  send({.type = http2_frame::data, .stream = stream, .payload = grpc_message({})});
  send({.type = http2_frame::headers,
        .flags = http2_frame::end_stream | http2_frame::end_headers,
        .stream = stream,
        .payload = header_block({{"grpc-status", "0"}})});
}

void http2_peer::serve() {
  for (std::uint32_t stream = next_request(); stream != 0; stream = next_request()) answer_well(stream);
}

}  // namespace treaty::kit
