#pragma once

#include <cstdint>
#include <string>

#include "core/base/time.hpp"

namespace treaty {

/// One value under a category and a key: what the coordinator keeps beside transactions (docs/protocol.md, "Records").
struct kv_record {
  std::string category;
  std::string key;
  std::string value;          // text that clients are shown as it is
  std::uint64_t version = 0;  // 1 at creation, one more with each change
  time_point create_time{};
  time_point update_time{};
  bool operator==(const kv_record&) const = default;
};

inline constexpr std::size_t kv_category_bytes_max = 64;
inline constexpr std::size_t kv_key_bytes_max = 1024;
inline constexpr std::size_t kv_value_bytes_max = 1 << 20;

}  // namespace treaty
