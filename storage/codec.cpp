#include "storage/codec.hpp"

#include <algorithm>

#include "storage/codec_bytes.hpp"
#include "storage/keys.hpp"

namespace treaty::codec {
namespace {

bool is_status(unsigned char byte) {
  return byte >= static_cast<unsigned char>(all_txn_statuses.front()) &&
         byte <= static_cast<unsigned char>(all_txn_statuses.back());
}

bool is_type(unsigned char byte) {
  return byte >= static_cast<unsigned char>(all_trans_types.front()) &&
         byte <= static_cast<unsigned char>(all_trans_types.back());
}

// Behind the flags, which format 1 has not.
constexpr std::size_t timeline_head_size = 10;  // status, type, end
constexpr std::size_t due_head_size = 8;        // create time

constexpr unsigned char stuck_flag = 1;

void start_index_value(bool stuck, std::string& out) {
  out.clear();
  out += static_cast<char>(index_format);
  out += static_cast<char>(stuck ? stuck_flag : 0);
}

struct index_value {
  bool stuck = false;
  std::string_view body;
};

/// What follows format and flags. Errors: corrupt, also when it does not go on for more than `head_size`.
result<index_value> read_index_value(std::string_view bytes, std::string_view what, std::size_t head_size) {
  TREATY_TRY(const std::string_view behind, after_format(bytes, what, index_format));
  index_value value{false, behind};
  if (static_cast<unsigned char>(bytes.front()) >= index_format) {
    if (behind.empty()) return corrupt(what, "is too short");
    const auto flags = static_cast<unsigned char>(behind.front());
    if (flags > stuck_flag) return corrupt(what, "has flags " + std::to_string(flags));
    value = {flags == stuck_flag, behind.substr(1)};
  }
  if (value.body.size() <= head_size) return corrupt(what, "is too short");
  return value;
}

}  // namespace

result<std::string_view> after_format(std::string_view bytes, std::string_view what, std::uint8_t newest) {
  if (bytes.empty()) return corrupt(what, "is empty");
  const auto format = static_cast<unsigned char>(bytes.front());
  if (format == 0 || format > newest) {
    return corrupt(what, "has format " + std::to_string(format) + ", this build knows " + (newest > 1 ? "up to " : "") +
                             std::to_string(newest));
  }
  return bytes.substr(1);
}

failure corrupt(std::string_view what, std::string_view why) {
  return failure{errc::corrupt, std::string{what} + ' ' + std::string{why}};
}

result<progress_head> decode_progress_head(std::string_view bytes) {
  if (auto body = after_format(bytes, "progress"); !body) return body.error();
  if (bytes.size() < progress_head_size) return corrupt("progress", "ends within its head");
  progress_head head;
  head.revision = *keys::parse_row(bytes.substr(1, 8));
  const auto type = static_cast<unsigned char>(bytes[9]);
  const auto status = static_cast<unsigned char>(bytes[10]);
  if (!is_type(type)) return corrupt("progress", "has type " + std::to_string(type));
  if (!is_status(status)) return corrupt("progress", "has status " + std::to_string(status));
  if (head.revision == 0) return corrupt("progress", "has revision 0");
  head.type = static_cast<trans_type>(type);
  head.status = static_cast<txn_status>(status);
  return head;
}

void encode_timeline(const timeline_entry& entry, std::string& out) {
  start_index_value(entry.stuck, out);
  out += static_cast<char>(entry.status);
  out += static_cast<char>(entry.type);
  out += keys::make_row(static_cast<std::uint64_t>(entry.end.time_since_epoch().count())).view();
  out += entry.gid.value;
}

result<timeline_entry> decode_timeline(std::string_view bytes) {
  TREATY_TRY(const index_value value, read_index_value(bytes, "timeline entry", timeline_head_size));
  const std::string_view body = value.body;
  const auto status = static_cast<unsigned char>(body[0]);
  const auto type = static_cast<unsigned char>(body[1]);
  if (!is_status(status)) return corrupt("timeline entry", "has status " + std::to_string(status));
  if (!is_type(type)) return corrupt("timeline entry", "has type " + std::to_string(type));
  const auto end = static_cast<std::int64_t>(*keys::parse_row(body.substr(2, 8)));
  return timeline_entry{static_cast<txn_status>(status), static_cast<trans_type>(type), time_point{duration{end}},
                        gid{std::string{body.substr(timeline_head_size)}}, value.stuck};
}

void encode_row(record_id row, std::string& out) {
  out.clear();
  out += static_cast<char>(value_format);
  out += keys::make_row(row).view();
}

result<record_id> decode_row(std::string_view bytes) {
  TREATY_TRY(const std::string_view body, after_format(bytes, "row number"));
  const auto row = keys::parse_row(body);
  if (!row || *row == 0) return corrupt("row number", "is not a number of 8 bytes above 0");
  return *row;
}

void encode_due(const due_value& value, std::string& out) {
  start_index_value(value.stuck, out);
  out += keys::make_row(static_cast<std::uint64_t>(value.create_time.time_since_epoch().count())).view();
  out += value.gid.value;
}

result<due_value> decode_due(std::string_view bytes) {
  TREATY_TRY(const index_value value, read_index_value(bytes, "due entry", due_head_size));
  const auto created = static_cast<std::int64_t>(*keys::parse_row(value.body.substr(0, due_head_size)));
  return due_value{time_point{duration{created}}, gid{std::string{value.body.substr(due_head_size)}}, value.stuck};
}

time_point end_of(const txn_progress& progress) {
  if (!is_final(progress.status)) return {};
  if (is_set(progress.finish_time)) return progress.finish_time;
  return is_set(progress.rollback_time) ? progress.rollback_time : progress.update_time;
}

}  // namespace treaty::codec
