#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/kit/tcp.hpp"

namespace treaty::kit {

/// One frame of HTTP/2 (RFC 9113, 4.1).
struct http2_frame {
  enum kind : std::uint8_t {
    data = 0,
    headers = 1,
    rst_stream = 3,
    settings = 4,
    push_promise = 5,
    ping = 6,
    goaway = 7,
    window_update = 8,
    continuation = 9,
    gone = 255  // no frame: the other side is
  };
  static constexpr std::uint8_t end_stream = 1;  // of data and headers; of settings and ping it means "ack"
  static constexpr std::uint8_t end_headers = 4;

  std::uint8_t type = data;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
  std::string payload;
  std::string bytes() const;
  /// The first four bytes of the payload.
  std::uint32_t number() const;
};

using header_list = std::vector<std::pair<std::string, std::string>>;

/// Big-endian.
std::string four_bytes(std::uint32_t value);
/// One of SETTINGS.
std::string http2_setting(std::uint16_t id, std::uint32_t value);
/// HPACK without a table; names and values of up to 126 bytes.
std::string header_block(const header_list& headers);
/// A message in gRPC's frame.
std::string grpc_message(std::string_view payload);

/// The server's side of an HTTP/2 connection in a test's hands: frame by frame, right or wrong.
class http2_peer {
public:
  explicit http2_peer(tcp_stream& stream) : stream_{stream} {}

  /// Reads the client's preface, and says `settings`. False: that is no HTTP/2 client.
  bool open(const std::string& settings = {});
  /// The next frame; `gone` when the client is gone.
  http2_frame next();
  /// Skips frames up to one of this kind.
  http2_frame next(http2_frame::kind type);
  /// Waits for a whole request. Returns its stream; 0: the client is gone. The messages' bytes are in `request`.
  std::uint32_t next_request();
  bool send(const http2_frame& frame) { return send(frame.bytes()); }
  bool send(std::string_view bytes);
  /// Only trailers, as for an error.
  void answer(std::uint32_t stream, const std::string& status, const std::string& message = {});
  /// Headers, an empty message, trailers.
  void answer_well(std::uint32_t stream);
  /// Answers all that comes.
  void serve();

  std::string request;

private:
  bool fill(std::size_t count);

  tcp_stream& stream_;
  std::string read_;
};

}  // namespace treaty::kit
