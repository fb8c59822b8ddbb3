#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

struct nghttp2_option;
struct nghttp2_session;

namespace treaty {

/// One end of an HTTP/2 connection: bytes in, bytes out, no sockets. What is said over it is its heirs' business.
/// Threads: one.
class http2_session {
public:
  http2_session(const http2_session&) = delete;
  http2_session& operator=(const http2_session&) = delete;

  /// Appends what is to be sent next, until `out` has about `bytes_max`. Errors as of `receive`.
  result<void> produce(std::string& out, std::size_t bytes_max);
  /// A PING that the peer must answer.
  void ping();
  /// The peer has sent its settings, and so speaks HTTP/2.
  bool has_settled() const { return settled_; }
  bool has_more_to_say() const;
  /// Nothing more is to be read: the peer went away, or broke the rules. What `produce` still gives may be sent.
  bool is_over() const;
  /// Why, as far as the library says; may be empty.
  const std::string& complaint() const { return complaint_; }

protected:
  http2_session() = default;
  ~http2_session();

  /// Takes all of `bytes`. Errors: corrupt: what `produce` still gives may be sent, then the connection is of no more
  /// use.
  result<void> receive(std::string_view bytes);
  void note_settings() { settled_ = true; }
  void note_complaint(std::string_view text);

  nghttp2_session* session_ = nullptr;  // the heir makes it

private:
  failure broken(std::string_view what) const;

  bool settled_ = false;
  std::string complaint_;
};

/// Of both ends: streams are forgotten when they close; metadata may begin or end with a blank.
nghttp2_option* make_http2_options();

/// What the library was given, or gives.
std::string_view text_of(const std::uint8_t* bytes, std::size_t size);
std::uint8_t* bytes_of(std::string_view text);  // it does not write to them

/// In front of a gRPC message: a flag (not compressed), and four bytes of length.
inline constexpr std::size_t grpc_prefix_length = 5;
std::array<char, grpc_prefix_length> grpc_prefix(std::size_t message_length);

}  // namespace treaty
