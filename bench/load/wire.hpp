#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "bench/load/call_board.hpp"

namespace treaty::load {

/// One HTTP/1.1 message at the front of a buffer. Just enough parsing for messages that carry a Content-Length: the
/// load must cost far less than what it measures.
struct framed_message {
  std::string_view start_line;
  std::size_t size = 0;  // of head and body
};

enum class framing : std::uint8_t { incomplete, whole, broken };

/// `to` is valid when the answer is `whole`. A message in chunks counts as broken.
framing frame(std::string_view buffer, framed_message& to);

/// The status of a response; 0 when the line is none.
int status_of(std::string_view start_line);

/// Retry-After of a response in milliseconds; nothing when it has none, or one in another form than seconds.
std::optional<std::int64_t> retry_after_ms(std::string_view head);

/// What a branch call says in its query string. Numbers are not checked further than that they are there.
std::optional<branch_call> parse_call(std::string_view start_line);

}  // namespace treaty::load
