#include "net/http2/http2_session.hpp"

#include <nghttp2/nghttp2.h>

#include "core/base/assert.hpp"

namespace treaty {
namespace {

constexpr std::size_t complaint_bytes_max = 256;

}  // namespace

http2_session::~http2_session() {
  nghttp2_session_del(session_);
}

result<void> http2_session::receive(std::string_view bytes) {
  const ssize_t taken = nghttp2_session_mem_recv(session_, bytes_of(bytes), bytes.size());
  if (taken < 0) return broken(nghttp2_strerror(static_cast<int>(taken)));
  return {};
}

result<void> http2_session::produce(std::string& out, std::size_t bytes_max) {
  while (out.size() < bytes_max) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) return broken(nghttp2_strerror(static_cast<int>(size)));
    if (size == 0) return {};
    out.append(text_of(bytes, static_cast<std::size_t>(size)));
  }
  return {};
}

void http2_session::ping() {
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);  // fails only for want of memory
}

bool http2_session::has_more_to_say() const {
  return nghttp2_session_want_write(session_) != 0;
}

bool http2_session::is_over() const {
  return nghttp2_session_want_read(session_) == 0;
}

void http2_session::note_complaint(std::string_view text) {
  complaint_ = text.substr(0, complaint_bytes_max);
}

failure http2_session::broken(std::string_view what) const {
  std::string text{what};
  if (!complaint_.empty()) text += ": " + complaint_;
  return {errc::corrupt, std::move(text)};
}

nghttp2_option* make_http2_options() {
  nghttp2_option* out = nullptr;
  TREATY_ASSERT(nghttp2_option_new(&out) == 0);
  nghttp2_option_set_no_closed_streams(out, 1);
  nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(out, 1);
  return out;
}

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

std::array<char, grpc_prefix_length> grpc_prefix(std::size_t message_length) {
  const auto byte = [&](unsigned shift) {
    return static_cast<char>(static_cast<unsigned char>(message_length >> shift));
  };
  return {0, byte(24), byte(16), byte(8), byte(0)};
}

}  // namespace treaty
