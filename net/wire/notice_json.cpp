#include "net/wire/notice_json.hpp"

#include "net/wire/json_writer.hpp"
#include "net/wire/text_encoding.hpp"

namespace treaty {
namespace {

void write_time(json_object& to, std::string_view key, time_point when) {
  std::string& out = to.member(key);
  out += '"';
  append_rfc3339(out, when);
  out += '"';
}

}  // namespace

std::string alert_body(const alert_notice& what) {
  std::string out;
  json_object object{out};
  object.text("branch", what.branch_url);
  object.text("error", what.error);
  object.text("gid", what.gid.value);
  object.number("retry_count", what.retry_count);
  object.text("status", to_string(what.status));
  object.close();
  return out;
}

std::string completion_body(const end_notice& what) {
  std::string out;
  json_object object{out};
  write_time(object, "create_time", what.create_time);
  write_time(object, "finish_time", what.end_time);
  object.text("gid", what.gid.value);
  object.text_unless_empty("result", what.result);
  object.text_unless_empty("rollback_reason", what.rollback_reason);
  object.text("status", to_string(what.status));
  object.text("trans_type", to_string(what.type));
  object.close();
  return out;
}

}  // namespace treaty
