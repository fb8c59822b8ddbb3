#include "storage/keys.hpp"

#include <algorithm>
#include <bit>

namespace treaty::keys {
namespace {

constexpr std::uint64_t sign_bit = 1ULL << 63;

template <class Integer>
void put(char* at, Integer value) {
  for (std::size_t i = sizeof(Integer); i > 0; --i) {
    at[i - 1] = static_cast<char>(value & 0xff);
    value = static_cast<Integer>(value >> 8);
  }
}

template <class Integer>
Integer take(const char* at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) value = value << 8 | static_cast<unsigned char>(at[i]);
  return static_cast<Integer>(value);
}

// With the sign bit turned, the order of the unsigned numbers is the order of the signed ones.
std::uint64_t ordered(time_point when) {
  return static_cast<std::uint64_t>(when.time_since_epoch().count()) ^ sign_bit;
}
time_point unordered(std::uint64_t value) {
  return time_point{duration{std::bit_cast<std::int64_t>(value ^ sign_bit)}};
}

int digit_of(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  return -1;
}

constexpr char gid_mark = 'g';  // no digit of hex
constexpr char many_mark = 'm';

failure no_position() {
  return {errc::invalid_argument, "not a position that a page has given out"};
}

}  // namespace

row_key make_row(record_id row) {
  row_key key;
  put(key.bytes.data(), row);
  return key;
}

branch_key make_branch(record_id row, std::uint32_t index) {
  branch_key key;
  put(key.bytes.data(), row);
  put(key.bytes.data() + 8, index);
  return key;
}

due_key make_due(shard_id shard, time_point due, record_id row) {
  due_key key;
  put(key.bytes.data(), shard);
  put(key.bytes.data() + 2, ordered(due));
  put(key.bytes.data() + 10, row);
  return key;
}

position_key make_position(time_point created, record_id row) {
  position_key key;
  put(key.bytes.data(), ordered(created));
  put(key.bytes.data() + 8, row);
  return key;
}

char class_byte(const list_class& filed) {
  return static_cast<char>(static_cast<unsigned>(filed.status) << 4 | static_cast<unsigned>(filed.type) << 1 |
                           static_cast<unsigned>(filed.stuck));
}

listed_key make_open(const list_class& filed, time_point created, record_id row) {
  listed_key key;
  key.bytes[0] = class_byte(filed);
  put(key.bytes.data() + 1, ~ordered(created));
  put(key.bytes.data() + 9, ~row);
  return key;
}

listed_key make_ended(const list_class& filed, time_point created, record_id row) {
  listed_key key;
  key.bytes[0] = class_byte(filed);
  put(key.bytes.data() + 1, ordered(created));
  put(key.bytes.data() + 9, row);
  return key;
}

std::optional<record_id> parse_row(std::string_view key) {
  if (key.size() != sizeof(row_key)) return std::nullopt;
  return take<record_id>(key.data());
}

std::optional<branch_parts> parse_branch(std::string_view key) {
  if (key.size() != sizeof(branch_key)) return std::nullopt;
  return branch_parts{take<record_id>(key.data()), take<std::uint32_t>(key.data() + 8)};
}

std::optional<due_parts> parse_due(std::string_view key) {
  if (key.size() != sizeof(due_key)) return std::nullopt;
  return due_parts{take<shard_id>(key.data()), unordered(take<std::uint64_t>(key.data() + 2)),
                   take<record_id>(key.data() + 10)};
}

std::optional<position_parts> parse_position(std::string_view key) {
  if (key.size() != sizeof(position_key)) return std::nullopt;
  return position_parts{unordered(take<std::uint64_t>(key.data())), take<record_id>(key.data() + 8)};
}

std::optional<listed_parts> parse_open(std::string_view key) {
  auto parts = parse_ended(key);
  if (!parts) return std::nullopt;
  parts->position = {unordered(~take<std::uint64_t>(key.data() + 1)), ~parts->position.row};
  return parts;
}

std::optional<listed_parts> parse_ended(std::string_view key) {
  if (key.size() != sizeof(listed_key)) return std::nullopt;
  const auto byte = static_cast<unsigned char>(key.front());
  const list_class filed{static_cast<txn_status>(byte >> 4), static_cast<trans_type>(byte >> 1 & 7), (byte & 1) != 0};
  const bool is_class =
      std::find(all_txn_statuses.begin(), all_txn_statuses.end(), filed.status) != all_txn_statuses.end() &&
      std::find(all_trans_types.begin(), all_trans_types.end(), filed.type) != all_trans_types.end();
  if (!is_class) return std::nullopt;
  return listed_parts{filed, *parse_position(key.substr(1))};
}

std::string make_kv(std::string_view category, std::string_view key) {
  std::string bytes{category};
  bytes += '\0';
  bytes += key;
  return bytes;
}

std::optional<kv_parts> parse_kv(std::string_view key) {
  const std::size_t parting = key.find('\0');
  if (parting == std::string_view::npos) return std::nullopt;
  return kv_parts{key.substr(0, parting), key.substr(parting + 1)};
}

std::string in_front_of(std::string_view key) {
  std::string out{key};
  for (std::size_t at = out.size(); at-- > 0;) {
    const auto byte = static_cast<unsigned char>(out[at]);
    out[at] = static_cast<char>(byte - 1);
    if (byte != 0) break;  // else it borrows from the one before
  }
  out += '\0';
  return out;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit_of(text[i]);
    const int low = digit_of(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

result<std::string> parse_cursor(std::string_view cursor, std::size_t size) {
  auto key = from_hex(cursor);
  if (!key || key->size() != size) return no_position();
  return *std::move(key);
}

std::string time_cursor(const position_parts& last, gids_found gids) {
  const std::string position = to_hex(make_position(last.created, last.row).view());
  return gids == gids_found::too_many ? many_mark + position : position;
}

std::string gid_cursor(std::string_view last) {
  return gid_mark + to_hex(last);
}

result<list_position> parse_list_cursor(std::string_view cursor) {
  if (cursor.starts_with(gid_mark)) {
    auto last = from_hex(cursor.substr(1));
    if (!last || last->empty() || last->size() > gid_length_max) return no_position();
    return list_position{std::nullopt, *std::move(last)};
  }
  const bool are_many = cursor.starts_with(many_mark);
  TREATY_TRY(const std::string key, parse_cursor(cursor.substr(are_many ? 1 : 0), sizeof(position_key)));
  return list_position{parse_position(key), std::nullopt, are_many ? gids_found::too_many : gids_found::not_looked_for};
}

std::string behind_prefix(std::string_view prefix) {
  const std::size_t last = prefix.find_last_not_of('\xff');
  if (last == std::string_view::npos) return {};
  std::string behind{prefix.substr(0, last + 1)};
  behind.back() = static_cast<char>(static_cast<unsigned char>(behind.back()) + 1);
  return behind;
}

result<std::string> parse_kv_cursor(std::string_view cursor) {
  auto key = from_hex(cursor);
  if (!key || !parse_kv(*key)) return no_position();
  return *std::move(key);
}

}  // namespace treaty::keys
