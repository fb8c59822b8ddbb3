#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/grpc_codes.hpp"

namespace treaty {

/// The code for an answer that names none, from the code of its RST_STREAM (the mapping of gRPC's HTTP/2 protocol).
int grpc_code_of_reset(std::uint32_t http2_error);

/// The answer to one unary RPC as it arrives. The message is counted and not kept: a branch's reply is ignored.
class grpc_answer {
public:
  static constexpr std::size_t header_bytes_max = 64 * 1024;  // headers and trailers together, counted as HPACK does
  static constexpr std::size_t message_bytes_max = 4u << 20;  // as gRPC's own limit

  /// False: more headers than fit.
  bool header(std::string_view name, std::string_view value);
  /// False: more bytes than fit.
  bool body(std::string_view bytes);
  /// The answer ended as it should: what it says. Trailers count, whatever the HTTP status.
  grpc_status status() const;
  /// Nothing of an answer has come.
  bool is_empty() const { return header_bytes_ == 0; }

private:
  bool is_cut() const { return prefix_bytes_ != 0 || message_left_ != 0; }

  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  int http_status_ = 0;
  int code_ = -1;  // none yet
  std::string message_;
  std::size_t prefix_bytes_ = 0;  // of the five in front of a message, seen so far
  std::size_t message_left_ = 0;
  std::uint32_t message_length_ = 0;
  bool is_malformed_ = false;
};

}  // namespace treaty
