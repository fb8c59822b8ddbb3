#include "net/wire/kv_json.hpp"

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

void write_records(json_object& to, const std::vector<kv_record>& records) {
  std::string& out = to.member("kv");
  out += '[';
  for (const kv_record& one : records) {
    if (&one != &records.front()) out += ',';
    json_object object{out};
    object.number("id", 0);
    write_time(object, "create_time", one.create_time);
    write_time(object, "update_time", one.update_time);
    object.text("cat", one.category);
    object.text("k", one.key);
    object.text("v", one.value);
    object.number("version", static_cast<std::int64_t>(one.version));
    object.close();
  }
  out += ']';
}

}  // namespace

std::string kv_json(const std::vector<kv_record>& records) {
  std::string out;
  json_object object{out};
  write_records(object, records);
  object.close();
  return out;
}

std::string kv_listing_json(const std::vector<kv_record>& records, std::string_view position) {
  std::string out;
  json_object object{out};
  write_records(object, records);
  object.text("next_position", position);
  object.close();
  return out;
}

}  // namespace treaty
