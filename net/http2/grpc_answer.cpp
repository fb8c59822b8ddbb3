#include "net/http2/grpc_answer.hpp"

#include <algorithm>
#include <charconv>

#include "net/url_text.hpp"

namespace treaty {
namespace {

constexpr std::size_t hpack_overhead = 32;  // of each header, RFC 7541, 4.1
constexpr std::size_t prefix_length = 5;    // a flag and four bytes of length

int number_of(std::string_view text, int otherwise) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && number >= 0 ? number : otherwise;
}

int grpc_code_of_http(int status) {
  switch (status) {
    case 400:
      return grpc_internal;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return grpc_unavailable;
  }
  return grpc_unknown;
}

}  // namespace

int grpc_code_of_reset(std::uint32_t http2_error) {
  switch (http2_error) {
    case 0x7:  // REFUSED_STREAM
      return grpc_unavailable;
    case 0x8:  // CANCEL
      return 1;
    case 0xb:  // ENHANCE_YOUR_CALM
      return grpc_resource_exhausted;
    case 0xc:  // INADEQUATE_SECURITY
      return 7;
    case 0x5:  // STREAM_CLOSED
      return grpc_unknown;
  }
  return grpc_internal;
}

bool grpc_answer::header(std::string_view name, std::string_view value) {
  header_bytes_ += name.size() + value.size() + hpack_overhead;
  if (header_bytes_ > header_bytes_max) return false;
  if (name == ":status") http_status_ = number_of(value, 0);
  if (name == "grpc-status") code_ = number_of(value, grpc_unknown);
  if (name == "grpc-message") message_ = percent_decoded(value);
  return true;
}

bool grpc_answer::body(std::string_view bytes) {
  body_bytes_ += bytes.size();
  if (body_bytes_ > message_bytes_max + prefix_length) return false;
  while (!bytes.empty()) {
    if (message_left_ > 0) {
      const std::size_t now = std::min(message_left_, bytes.size());
      message_left_ -= now;
      bytes.remove_prefix(now);
      continue;
    }
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (prefix_bytes_ == 0 && byte > 1) is_malformed_ = true;
    if (prefix_bytes_ > 0) message_length_ = message_length_ << 8 | byte;
    if (++prefix_bytes_ < prefix_length) continue;
    prefix_bytes_ = 0;
    message_left_ = message_length_;
    message_length_ = 0;
  }
  return true;
}

grpc_status grpc_answer::status() const {
  if (code_ < 0) {
    if (http_status_ == 200) return {grpc_unknown, "the answer ended without a grpc-status"};
    return {grpc_code_of_http(http_status_), "not a gRPC answer: HTTP status " + std::to_string(http_status_)};
  }
  const bool is_fine = code_ != 0 || (!is_cut() && !is_malformed_);
  if (!is_fine) return {grpc_internal, "the answer's message is cut short or not framed"};
  return {code_, message_};
}

}  // namespace treaty
