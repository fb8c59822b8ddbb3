#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/model/ids.hpp"
#include "core/model/status.hpp"

namespace treaty::keys {

// Every key is made of big-endian integers, so that byte order is number order (docs/storage-format.md, "Keys").

/// A key of fixed length, without an allocation.
template <std::size_t Size>
struct fixed_key {
  std::array<char, Size> bytes{};

  std::string_view view() const { return {bytes.data(), Size}; }
  bool operator==(const fixed_key&) const = default;
};

using row_key = fixed_key<8>;        // row
using branch_key = fixed_key<12>;    // row, index
using due_key = fixed_key<18>;       // shard, time, row
using position_key = fixed_key<16>;  // create time, row: a place in a list
using listed_key = fixed_key<17>;    // class, create time, row

row_key make_row(record_id row);
branch_key make_branch(record_id row, std::uint32_t index);
/// Times sort as numbers, also those before 1970.
due_key make_due(shard_id shard, time_point due, record_id row);
position_key make_position(time_point created, record_id row);

/// What a list narrows by and an entry is filed under: entries of one class stand together.
struct list_class {
  txn_status status = txn_status::prepared;
  trans_type type = trans_type::saga;
  bool stuck = false;
  bool operator==(const list_class&) const = default;
};
/// One byte, never 0 nor 0xff.
char class_byte(const list_class& filed);
/// Of the family `open`: within a class the newest first.
listed_key make_open(const list_class& filed, time_point created, record_id row);
/// Of the family `ended`: within a class the oldest first.
listed_key make_ended(const list_class& filed, time_point created, record_id row);

struct branch_parts {
  record_id row;
  std::uint32_t index;
};
struct due_parts {
  shard_id shard;
  time_point due;
  record_id row;
};
struct position_parts {
  time_point created;
  record_id row;
  auto operator<=>(const position_parts&) const = default;
};
struct listed_parts {
  list_class filed;
  position_parts position;
};

// Nothing when the length is another one.
std::optional<record_id> parse_row(std::string_view key);
std::optional<branch_parts> parse_branch(std::string_view key);
std::optional<due_parts> parse_due(std::string_view key);
std::optional<position_parts> parse_position(std::string_view key);
// Nor when the first byte is no class.
std::optional<listed_parts> parse_open(std::string_view key);
std::optional<listed_parts> parse_ended(std::string_view key);

/// category, a zero byte, key: within a category the keys are in byte order. The category holds no zero byte.
std::string make_kv(std::string_view category, std::string_view key);
struct kv_parts {
  std::string_view category;
  std::string_view key;
};
/// Nothing when no zero byte parts it. Views into `key`.
std::optional<kv_parts> parse_kv(std::string_view key);

/// Sorts behind every other key of this length that is less than `key`, and in front of `key`; longer by one byte.
/// `key` is not all zeros.
std::string in_front_of(std::string_view key);

/// Lower-case hex, for cursors that travel through clients and for naming a key in an error.
std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);

/// A page's `next` back to the key it stands for, which has `size` bytes. Errors: invalid_argument.
result<std::string> parse_cursor(std::string_view cursor, std::size_t size);
/// Where a page of a list goes on: behind a place in time, or behind a gid when the list is in their order. A place in
/// time may say that the gids were found to be too many to begin with them.
enum class gids_found : std::uint8_t { not_looked_for = 1, too_many };
std::string time_cursor(const position_parts& last, gids_found gids = gids_found::not_looked_for);
std::string gid_cursor(std::string_view last);
struct list_position {
  std::optional<position_parts> in_time;
  std::optional<std::string> among_gids;
  gids_found gids = gids_found::not_looked_for;
};
/// Errors: invalid_argument.
result<list_position> parse_list_cursor(std::string_view cursor);
/// The least key behind all that begin with `prefix`; empty: there is none.
std::string behind_prefix(std::string_view prefix);
/// The same for a page of the family `kv`.
result<std::string> parse_kv_cursor(std::string_view cursor);

}  // namespace treaty::keys
