#include "net/wire/resource_json.hpp"

#include <simdjson.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/lifecycle.hpp"
#include "net/hook_address.hpp"
#include "net/wire/json_writer.hpp"
#include "net/wire/text_encoding.hpp"

namespace treaty {
namespace {

void write_time(json_object& to, std::string_view key, time_point when) {
  std::string& out = to.member(key);
  if (!is_set(when)) {
    out += "null";
    return;
  }
  out += '"';
  append_rfc3339(out, when);
  out += '"';
}

void write_seconds(json_object& to, std::string_view key, std::chrono::seconds span) {
  if (span.count() > 0) return to.number(key, span.count());
  to.member(key) += "null";
}

/// `hundredths` as a number: 150 is 1.5.
void write_share(json_object& to, std::string_view key, std::optional<std::uint32_t> hundredths) {
  std::string& out = to.member(key);
  if (!hundredths) {
    out += "null";
    return;
  }
  append_json_number(out, *hundredths / 100);
  const std::uint32_t rest = *hundredths % 100;
  if (rest == 0) return;
  out += '.';
  out += static_cast<char>('0' + rest / 10);
  if (rest % 10 != 0) out += static_cast<char>('0' + rest % 10);
}

time_point finished_at(const txn_progress& progress) {
  if (!is_final(progress.status)) return {};
  return progress.status == txn_status::succeed ? progress.finish_time : progress.rollback_time;
}

time_point updated_at(const txn_record& record) {
  return is_set(record.progress.update_time) ? record.progress.update_time : record.definition->create_time;
}

void write_summary(json_object& to, const txn_record& record) {
  to.text("gid", record.definition->gid.value);
  to.text("type", to_string(record.definition->type));
  to.text("protocol", to_string(record.definition->protocol));
  to.text("status", to_string(record.progress.status));
  to.flag("stuck", record.progress.stuck);
  write_time(to, "created_at", record.definition->create_time);
  write_time(to, "updated_at", updated_at(record));
  write_time(to, "finished_at", finished_at(record.progress));
  write_time(to, "next_at", is_final(record.progress.status) ? time_point{} : record.progress.due);
  to.text("last_error", record.progress.last_error);
  to.text("rollback_reason", record.progress.rollback_reason);
}

void write_headers(json_object& to, const std::map<std::string, std::string>& headers) {
  std::string& out = to.member("branch_headers");
  out += '{';
  for (const auto& [name, value] : headers) {
    if (out.back() != '{') out += ',';
    append_json_text(out, name);
    out += ':';
    append_json_text(out, value);
  }
  out += '}';
}

/// Without the password that may stand in it.
std::string shown_hook(const std::string& url) {
  if (url.empty()) return {};
  const auto address = parse_hook_address(url);
  return address ? (*address)->url : std::string{};
}

void write_options(json_object& to, const txn_definition& definition) {
  const txn_options& options = definition.options;
  const bool concurrent = definition.type == trans_type::saga ? definition.saga.concurrent : options.concurrent;
  json_object object{to.member("options")};
  object.flag("wait_result", options.wait_result);
  object.flag("concurrent", concurrent);
  write_seconds(object, "timeout_to_fail", options.timeout_to_fail);
  write_seconds(object, "request_timeout", options.request_timeout);
  write_seconds(object, "retry_interval", options.retry_interval);
  write_seconds(object, "retry_interval_max", options.retry_interval_max);
  write_share(object, "retry_growth",
              options.retry_growth_percent > 0 ? std::optional{options.retry_growth_percent} : std::nullopt);
  write_share(object, "retry_jitter", options.retry_jitter_percent);
  object.number("retry_limit", options.retry_limit);
  object.text("notify_url", shown_hook(options.notify_url));
  write_headers(object, options.branch_headers);
  object.close();
}

/// As text where it is one, else in base64. `left` is what the answer may still show of payloads.
void write_payload(json_object& to, std::string_view payload, std::size_t& left) {
  const std::size_t shown = std::min({payload.size(), shown_payload_bytes_max, left});
  left -= shown;
  if (simdjson::validate_utf8(payload.data(), payload.size())) {
    to.text("payload", cut_text(payload, shown));
  } else {
    std::string& out = to.member("payload_base64");
    out += '"';
    append_base64(out, payload.substr(0, shown));
    out += '"';
  }
  to.number("payload_bytes", static_cast<std::int64_t>(payload.size()));
}

void append_branch(std::string& out, const txn_record& record, std::size_t index, std::size_t& payload_bytes_left) {
  const leg& state = record.progress.legs[index];
  const leg_view view = view_leg(record, index);
  const bool waits = state.status == leg_status::prepared && !is_final(record.progress.status);
  json_object object{out};
  object.text("branch_id", view.id.value);
  object.text("op", view.op_name);
  object.text("url", view.url);
  object.text("status", to_string(state.status));
  object.number("attempts", state.attempts);
  object.number("failures", state.failures);
  write_time(object, "next_at", waits ? state.due : time_point{});
  write_time(object, "finished_at", state.finish_time);
  write_seconds(object, "request_timeout", view.request_timeout);
  write_payload(object, view.payload, payload_bytes_left);
  object.close();
}

void append_transaction(std::string& out, const txn_record& record) {
  const txn_definition& definition = *record.definition;
  json_object object{out};
  write_summary(object, record);
  object.text("result", record.progress.result);
  object.text("query_prepared", definition.query_prepared);
  object.text("custom_data", definition.custom_data);
  write_options(object, definition);
  std::string& branches = object.member("branches");
  branches += '[';
  std::size_t payload_bytes_left = shown_payloads_bytes_max;
  for (std::size_t index = 0; index < record.progress.legs.size(); ++index) {
    if (index > 0) branches += ',';
    append_branch(branches, record, index, payload_bytes_left);
  }
  branches += ']';
  object.close();
}

void append_cursor(std::string& out, std::string_view cursor) {
  if (cursor.empty()) {
    out += "null";
  } else {
    append_json_text(out, cursor);
  }
}

}  // namespace

std::string transaction_resource(const txn_record& record) {
  std::string out;
  append_transaction(out, record);
  return out;
}

std::string outcome_resource(const txn_record& record) {
  std::string out;
  json_object object{out};
  object.flag("finished", is_final(record.progress.status));
  append_transaction(object.member("transaction"), record);
  object.close();
  return out;
}

std::size_t page_text::add(const txn_record& record) {
  if (!std::exchange(first_, false)) out_ += ',';
  json_object summary{out_};
  write_summary(summary, record);
  summary.close();
  return out_.size();
}

std::string page_text::finish(std::string_view next_cursor) && {
  out_ += R"(],"next_cursor":)";
  append_cursor(out_, next_cursor);
  out_ += '}';
  return std::move(out_);
}

std::string retried_resource(const retried_many& done) {
  std::string out;
  json_object object{out};
  object.number("retried", static_cast<std::int64_t>(done.retried));
  object.number("refused", static_cast<std::int64_t>(done.refused));
  append_cursor(object.member("next_cursor"), done.next_cursor);
  object.close();
  return out;
}

}  // namespace treaty
