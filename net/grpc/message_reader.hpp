#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace treaty {

/// The messages of one RPC as their bytes come: a flag (compressed or not), four bytes of length, the message.
class message_reader {
public:
  explicit message_reader(std::size_t message_bytes_max) : message_bytes_max_{message_bytes_max} {}
  /// The header `grpc-encoding`.
  void set_encoding(std::string_view name) { encoding_ = name; }
  /// Bytes in any pieces.
  void take(std::string_view bytes);
  /// The next message, unpacked; nothing: it has not come wholly. Errors: overloaded (over the limit), unsupported (a
  /// compression that we do not know), corrupt (no such flag, or not what the compression makes).
  result<std::optional<std::string>> next();
  /// Some bytes came that belong to no whole message.
  bool is_in_message() const { return !held_.empty(); }
  /// Memory for them.
  std::size_t held() const { return encoding_.capacity() + held_.capacity(); }
  /// Nobody wants the rest.
  void drop() { std::string{}.swap(held_); }

private:
  result<std::string> unpacked(std::string_view bytes) const;

  const std::size_t message_bytes_max_;
  std::string encoding_;
  std::string held_;
};

/// `message` behind its flag and length.
void append_message(std::string& out, std::string_view message);

}  // namespace treaty
