#include "net/wire/record_json.hpp"

#include <chrono>

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

void write_time_if_set(json_object& to, std::string_view key, time_point when) {
  if (is_set(when)) write_time(to, key, when);
}

time_point first_set(time_point one, time_point other) {
  return is_set(one) ? one : other;
}

void write_headers(json_object& to, const std::map<std::string, std::string>& headers) {
  if (headers.empty()) return;
  std::string& out = to.member("branch_headers");
  char before = '{';
  for (const auto& [name, value] : headers) {
    out += before;
    append_json_text(out, name);
    out += ':';
    append_json_text(out, value);
    before = ',';
  }
  out += '}';
}

/// The group that is both flattened into the record and kept in it as text.
void write_options(json_object& to, const txn_options& options) {
  to.flag_if_set("wait_result", options.wait_result);
  to.number_unless_zero("timeout_to_fail", options.timeout_to_fail.count());
  to.number_unless_zero("request_timeout", options.request_timeout.count());
  to.number_unless_zero("retry_interval", options.retry_interval.count());
  write_headers(to, options.branch_headers);
  to.flag("concurrent", options.concurrent);
  to.number_unless_zero("retry_limit", options.retry_limit);
  to.number_unless_zero("retry_count", options.retry_count);
}

std::string options_text(const txn_options& options) {
  std::string out;
  json_object object{out};
  write_options(object, options);
  object.close();
  return out;
}

void write_steps(json_object& to, const txn_definition& definition) {
  if (definition.steps.empty()) return;
  std::string& out = to.member("steps");
  char before = '[';
  for (const step& one : definition.steps) {
    out += before;
    json_object object{out};
    object.text("action", one.action);
    if (definition.type == trans_type::saga) object.text("compensate", one.compensate);
    object.close();
    before = ',';
  }
  out += ']';
}

/// Payloads of gRPC transactions are binary and only shown in the branches.
void write_payloads(json_object& to, const txn_definition& definition) {
  if (definition.payloads.empty() || definition.protocol == branch_protocol::grpc) return;
  std::string& out = to.member("payloads");
  char before = '[';
  for (const std::string& one : definition.payloads) {
    out += before;
    append_json_text(out, one);
    before = ',';
  }
  out += ']';
}

void append_branch(std::string& out, const txn_record& record, std::size_t index) {
  const leg& state = record.progress.legs[index];
  const leg_view view = view_leg(record, index);
  const bool registered = index < record.branches.size() && record.branches[index] != nullptr;
  const time_point created =
      first_set(registered ? record.branches[index]->create_time : time_point{}, record.definition->create_time);
  json_object object{out};
  object.number("id", 0);
  write_time(object, "create_time", created);
  write_time(object, "update_time", first_set(state.update_time, created));
  object.text_unless_empty("gid", record.definition->gid.value);
  object.text_unless_empty("url", view.url);
  if (!view.payload.empty()) {
    std::string& into = object.member("bin_data");
    into += '"';
    append_base64(into, view.payload);
    into += '"';
  }
  object.text_unless_empty("branch_id", view.id.value);
  object.text_unless_empty("op", view.op_name);
  object.text("status", to_string(state.status));
  write_time_if_set(object, "finish_time", state.finish_time);
  object.close();
}

}  // namespace

void append_transaction(std::string& out, const txn_record& record) {
  const txn_definition& definition = *record.definition;
  const txn_progress& progress = record.progress;
  const time_point updated = first_set(progress.update_time, definition.create_time);
  const auto interval = std::chrono::ceil<std::chrono::seconds>(progress.next_cron_interval);

  json_object object{out};
  object.number("id", 0);
  write_time(object, "create_time", definition.create_time);
  write_time(object, "update_time", updated);
  object.text_unless_empty("gid", definition.gid.value);
  object.text("trans_type", to_string(definition.type));
  write_steps(object, definition);
  write_payloads(object, definition);
  object.text("status", to_string(progress.status));
  object.text_unless_empty("query_prepared", definition.query_prepared);
  object.text("protocol", to_string(definition.protocol));
  write_time_if_set(object, "finish_time", progress.finish_time);
  write_time_if_set(object, "rollback_time", progress.rollback_time);
  object.text_unless_empty("result", progress.result);
  object.text_unless_empty("rollback_reason", progress.rollback_reason);
  object.text("options", options_text(definition.options));
  object.text_unless_empty("custom_data", definition.custom_data);
  object.number_unless_zero("next_cron_interval", interval.count());
  write_time(object, "next_cron_time", first_set(progress.next_cron_time, updated));
  write_options(object, definition.options);
  object.close();
}

void append_branches(std::string& out, const txn_record& record) {
  out += '[';
  for (std::size_t index = 0; index < record.progress.legs.size(); ++index) {
    if (index > 0) out += ',';
    append_branch(out, record, index);
  }
  out += ']';
}

std::string query_json(const txn_record& record) {
  std::string out;
  out.reserve(1024);
  json_object object{out};
  append_branches(object.member("branches"), record);
  append_transaction(object.member("transaction"), record);
  object.close();
  return out;
}

std::string progresses_json(const txn_record& record) {
  std::string out;
  json_object object{out};
  append_branches(object.member("progresses"), record);
  append_transaction(object.member("transaction"), record);
  object.close();
  return out;
}

std::string query_json_of_none() {
  return R"({"branches":[],"transaction":null})";
}

std::size_t listing_text::add(const txn_record& record) {
  if (!records_.empty()) records_ += ',';
  append_transaction(records_, record);
  return records_.size();
}

/// The position stands before the records and is known after them: it is put there, because a page may be large.
std::string listing_text::finish(std::string_view position) && {
  std::string head;
  json_object object{head};
  object.text("next_position", position);
  object.member("transactions") += '[';
  records_.insert(0, head);
  records_ += "]}";
  return std::move(records_);
}

std::string listing_json_of_none(std::string_view position) {
  std::string out;
  json_object object{out};
  object.text("next_position", position);
  object.member("transactions") += "null";
  object.close();
  return out;
}

}  // namespace treaty
