#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/strong_id.hpp"

namespace treaty {

/// Global transaction id, chosen by the caller or by newGid; not empty, at most `gid_length_max` bytes.
using gid = strong_id<struct gid_tag>;
/// Decimal, two digits for each nesting level: "01", "0203"; "01-02" for a topic's second subscriber.
using branch_id = strong_id<struct branch_id_tag>;

/// The store's own number of a record, handed out in order of creation. 0: not stored yet.
using record_id = std::uint64_t;
/// Counts the durable writes of one record. 0: not stored yet.
using revision = std::uint64_t;
/// A virtual shard, `0 .. shard_count - 1`.
using shard_id = std::uint16_t;
/// Names the request that waits for an answer. 0: nobody waits.
using client_token = std::uint64_t;

inline constexpr std::size_t gid_length_max = 128;
inline constexpr std::uint32_t shard_count = 1024;  // a power of two, so that it can be split; stored, so never changed

/// FNV-1a, 64 bits: the same on every computer, for placing gids on shards. Not for untrusted hash tables.
constexpr std::uint64_t hash64(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char byte : text) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 1099511628211ULL;
  }
  return hash;
}

inline shard_id shard_of(const gid& id) {
  return static_cast<shard_id>(hash64(id.value) & (shard_count - 1));
}

}  // namespace treaty
