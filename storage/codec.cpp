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
constexpr std::size_t time_size = 8;
constexpr std::size_t row_size = 8;

void put_time(time_point when, std::string& out) {
  out += keys::make_row(static_cast<std::uint64_t>(when.time_since_epoch().count())).view();
}
time_point take_time(std::string_view bytes) {
  return time_point{duration{static_cast<std::int64_t>(*keys::parse_row(bytes.substr(0, time_size)))}};
}

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

void encode_open(const gid& id, std::string& out) {
  out.clear();
  out += static_cast<char>(value_format);
  out += id.value;
}

result<gid> decode_open(std::string_view bytes) {
  TREATY_TRY(const std::string_view body, after_format(bytes, "list entry"));
  if (body.empty()) return corrupt("list entry", "is too short");
  return gid{std::string{body}};
}

void encode_ended(const ended_entry& entry, std::string& out) {
  out.clear();
  out += static_cast<char>(value_format);
  put_time(entry.end, out);
  out += entry.gid.value;
}

result<ended_entry> decode_ended(std::string_view bytes) {
  TREATY_TRY(const std::string_view body, after_format(bytes, "list entry"));
  if (body.size() <= time_size) return corrupt("list entry", "is too short");
  return ended_entry{take_time(body), gid{std::string{body.substr(time_size)}}};
}

void encode_gid(const gid_entry& entry, std::string& out) {
  out.clear();
  out += static_cast<char>(index_format);
  out += keys::make_row(entry.row).view();
  put_time(entry.created, out);
}

result<gid_entry> decode_gid(std::string_view bytes) {
  TREATY_TRY(const std::string_view body, after_format(bytes, "row of a gid", index_format));
  const bool is_old = static_cast<unsigned char>(bytes.front()) < index_format;
  const auto row = keys::parse_row(body.substr(0, row_size));
  if (body.size() != row_size + (is_old ? 0 : time_size) || !row || *row == 0)
    return corrupt("row of a gid", "is not a number above 0, and a time");
  return gid_entry{*row, is_old ? time_point{} : take_time(body.substr(row_size))};
}

result<timeline_entry> decode_timeline(std::string_view bytes) {
  TREATY_TRY(const index_value value, read_index_value(bytes, "timeline entry", timeline_head_size));
  const std::string_view body = value.body;
  const auto status = static_cast<unsigned char>(body[0]);
  const auto type = static_cast<unsigned char>(body[1]);
  if (!is_status(status)) return corrupt("timeline entry", "has status " + std::to_string(status));
  if (!is_type(type)) return corrupt("timeline entry", "has type " + std::to_string(type));
  return timeline_entry{static_cast<txn_status>(status), static_cast<trans_type>(type), take_time(body.substr(2)),
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
  put_time(value.create_time, out);
  out += value.gid.value;
}

result<due_value> decode_due(std::string_view bytes) {
  TREATY_TRY(const index_value value, read_index_value(bytes, "due entry", due_head_size));
  return due_value{take_time(value.body), gid{std::string{value.body.substr(due_head_size)}}, value.stuck};
}

time_point end_of(const txn_progress& progress) {
  if (!is_final(progress.status)) return {};
  if (is_set(progress.finish_time)) return progress.finish_time;
  return is_set(progress.rollback_time) ? progress.rollback_time : progress.update_time;
}

}  // namespace treaty::codec
