#pragma once

#include <climits>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.hpp"
#include "storage/codec.hpp"

namespace treaty::codec {

// Shared by the parts of the codec that write messages; not for its users.

inline constexpr std::size_t kept_message_bytes_max = 64 * 1024;

/// One message of each kind for each thread: filling it again reuses its allocations. A large one is given back.
template <class Message>
class scratch {
public:
  scratch() { message_->Clear(); }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    if (used_ > kept_message_bytes_max) kept().emplace();
  }

  Message& operator*() { return *message_; }
  Message* operator->() { return message_; }

  void write_after(std::string& out) {
    used_ = message_->ByteSizeLong();
    const std::size_t head = out.size();
    out.resize(head + used_);
    message_->SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out.data() + head));
  }

  bool read(std::string_view bytes) {
    used_ = bytes.size();
    return bytes.size() <= INT_MAX && message_->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  }

private:
  static std::optional<Message>& kept() {
    thread_local std::optional<Message> message{std::in_place};
    return message;
  }

  Message* message_ = &*kept();
  std::size_t used_ = 0;
};

inline std::int64_t to_nanoseconds(time_point when) {
  return when.time_since_epoch().count();
}
inline time_point from_nanoseconds(std::int64_t count) {
  return time_point{duration{count}};
}

/// The first byte of a value that is one message.
inline void start(std::string& out) {
  out.clear();
  out += static_cast<char>(value_format);
}

}  // namespace treaty::codec
