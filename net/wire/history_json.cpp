#include <algorithm>
#include <array>
#include <cstdio>

#include "net/wire/json_writer.hpp"
#include "net/wire/resource_json.hpp"
#include "net/wire/text_encoding.hpp"

namespace treaty {
namespace {

void write_milliseconds(json_object& to, std::string_view key, duration span) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(std::max(span, duration{0})).count();
  std::array<char, 48> digits;
  const int length = std::snprintf(digits.data(), digits.size(), "%lld.%03lld", static_cast<long long>(micros / 1000),
                                   static_cast<long long>(micros % 1000));
  to.member(key).append(digits.data(), static_cast<std::size_t>(length));
}

/// Writes entries in order, and says where some are missing.
class history_writer {
public:
  history_writer(std::string& out, const txn_record& record) : out_{out}, record_{record} {}

  void created() {
    json_object object{next()};
    open(object, record_.definition->create_time, "created");
    object.text("type", to_string(record_.definition->type));
    object.close();
  }
  void page(const history_page& one) {
    if (one.entries.empty()) return;
    const std::uint32_t missing = one.number > next_page_ ? one.number - next_page_ : 0;
    next_page_ = one.number + 1;
    if (missing > 0) gap(one.entries.front().at, missing);  // each page had at least one
    for (const history_entry& each : one.entries) {
      const bool last = &each == &one.entries.back();
      if (last && one.left_out > 0) gap(each.at, one.left_out);  // a full page keeps its first entries and its last
      entry(each);
    }
  }
  std::uint64_t left_out() const { return left_out_; }

private:
  std::string& next() {
    if (!first_) out_ += ',';
    first_ = false;
    return out_;
  }
  static void open(json_object& object, time_point at, std::string_view kind) {
    std::string& out = object.member("at");
    out += '"';
    append_rfc3339(out, at);
    out += '"';
    object.text("kind", kind);
  }
  void gap(time_point before, std::uint32_t entries) {
    left_out_ += entries;
    json_object object{next()};
    open(object, before, "left_out");
    object.number("entries", entries);
    object.close();
  }
  void entry(const history_entry& one) {
    json_object object{next()};
    open(object, one.at, to_string(one.kind));
    switch (one.kind) {
      case history_kind::called:
        branch(object, one.leg);
        answer(object, one);
        break;
      case history_kind::asked:
        object.text("url", record_.definition->query_prepared);
        answer(object, one);
        break;
      case history_kind::registered:
        branch(object, one.leg);
        break;
      case history_kind::decided:
        object.text("from", to_string(one.from));
        object.text("to", to_string(one.to));
        object.text("reason", one.text);
        break;
      case history_kind::operated:
        object.text("action", to_string(one.action));
        if (one.action == operator_action::skip) branch(object, one.leg);
        object.text("actor", one.actor);
        object.text("reason", one.text);
        break;
    }
    object.close();
  }
  static void answer(json_object& object, const history_entry& one) {
    object.text("outcome", to_string(one.outcome));
    write_milliseconds(object, "duration_ms", one.took);
    object.text("answer", one.text);
  }
  void branch(json_object& object, std::uint32_t index) {
    if (index >= record_.progress.legs.size()) return;  // of a page that is newer than the record
    const leg_view view = view_leg(record_, index);
    object.text("branch_id", view.id.value);
    object.text("op", view.op_name);
    object.text("url", view.url);
  }

  std::string& out_;
  const txn_record& record_;
  std::uint64_t left_out_ = 0;
  std::uint32_t next_page_ = 0;
  bool first_ = true;
};

}  // namespace

std::string history_resource(const txn_history& history) {
  std::string out;
  json_object object{out};
  object.text("gid", history.record.definition->gid.value);
  std::string& entries = object.member("entries");
  entries += '[';
  history_writer writer{entries, history.record};
  writer.created();
  for (const history_page& page : history.pages) writer.page(page);
  entries += ']';
  object.number("left_out", static_cast<std::int64_t>(writer.left_out()));
  object.close();
  return out;
}

}  // namespace treaty
