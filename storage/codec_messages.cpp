#include "proto/records.pb.h"
#include "storage/codec.hpp"
#include "storage/codec_bytes.hpp"
#include "storage/codec_scratch.hpp"
#include "storage/keys.hpp"

namespace treaty::codec {
namespace {

namespace v1 = treaty::store::v1;

void fill_options(const txn_options& options, v1::Options& out) {
  out.set_wait_result(options.wait_result);
  out.set_timeout_to_fail_s(options.timeout_to_fail.count());
  out.set_request_timeout_s(options.request_timeout.count());
  out.set_retry_interval_s(options.retry_interval.count());
  for (const auto& [name, value] : options.branch_headers) {
    v1::Header& header = *out.add_branch_headers();
    header.set_name(name);
    header.set_value(value);
  }
  out.set_concurrent(options.concurrent);
  out.set_retry_limit(options.retry_limit);
  out.set_retry_count(options.retry_count);
  out.set_retry_interval_max_s(options.retry_interval_max.count());
  out.set_retry_growth_percent(options.retry_growth_percent);
  if (options.retry_jitter_percent) out.set_retry_jitter_percent(*options.retry_jitter_percent);
  out.set_notify_url(options.notify_url);
}

txn_options read_options(const v1::Options& in) {
  txn_options options;
  options.wait_result = in.wait_result();
  options.timeout_to_fail = std::chrono::seconds{in.timeout_to_fail_s()};
  options.request_timeout = std::chrono::seconds{in.request_timeout_s()};
  options.retry_interval = std::chrono::seconds{in.retry_interval_s()};
  for (const v1::Header& header : in.branch_headers()) {
    options.branch_headers.emplace_hint(options.branch_headers.end(), header.name(), header.value());
  }
  options.concurrent = in.concurrent();
  options.retry_limit = in.retry_limit();
  options.retry_count = in.retry_count();
  options.retry_interval_max = std::chrono::seconds{in.retry_interval_max_s()};
  options.retry_growth_percent = in.retry_growth_percent();
  if (in.has_retry_jitter_percent()) options.retry_jitter_percent = in.retry_jitter_percent();
  options.notify_url = in.notify_url();
  return options;
}

void fill_plan(const saga_plan& plan, v1::SagaPlan& out) {
  out.set_concurrent(plan.concurrent);
  for (const auto& [step, after] : plan.orders) {
    v1::Order& order = *out.add_orders();
    order.set_step(step);
    order.mutable_after()->Add(after.begin(), after.end());
  }
}

saga_plan read_plan(const v1::SagaPlan& in) {
  saga_plan plan;
  plan.concurrent = in.concurrent();
  for (const v1::Order& order : in.orders())
    plan.orders[order.step()].assign(order.after().begin(), order.after().end());
  return plan;
}

/// The columns of the legs. One that holds only defaults is left out.
void fill_legs(const std::vector<leg>& legs, v1::Progress& out) {
  bool attempts = false, failures = false, intervals = false, dues = false, updates = false, finishes = false;
  std::string& statuses = *out.mutable_leg_status();
  for (const leg& one : legs) {
    statuses += static_cast<char>(one.status);
    attempts |= one.attempts != 0;
    failures |= one.failures != 0;
    intervals |= one.interval.count() != 0;
    dues |= is_set(one.due);
    updates |= is_set(one.update_time);
    finishes |= is_set(one.finish_time);
  }
  for (const leg& one : legs) {
    if (attempts) out.add_leg_attempts(one.attempts);
    if (failures) out.add_leg_failures(one.failures);
    if (intervals) out.add_leg_interval_ms(one.interval.count());
    if (dues) out.add_leg_due(to_nanoseconds(one.due));
    if (updates) out.add_leg_update_time(to_nanoseconds(one.update_time));
    if (finishes) out.add_leg_finish_time(to_nanoseconds(one.finish_time));
  }
}

template <class Column>
bool fits(const Column& column, std::size_t count) {
  return column.empty() || static_cast<std::size_t>(column.size()) == count;
}

result<std::vector<leg>> read_legs(const v1::Progress& in) {
  const std::string& statuses = in.leg_status();
  const std::size_t count = statuses.size();
  if (!fits(in.leg_attempts(), count) || !fits(in.leg_interval_ms(), count) || !fits(in.leg_due(), count) ||
      !fits(in.leg_failures(), count) || !fits(in.leg_update_time(), count) || !fits(in.leg_finish_time(), count)) {
    return corrupt("progress", "has leg columns of different lengths");
  }
  std::vector<leg> legs(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto status = static_cast<unsigned char>(statuses[i]);
    if (status < static_cast<unsigned char>(leg_status::prepared) ||
        status > static_cast<unsigned char>(leg_status::failed)) {
      return corrupt("progress", "has leg status " + std::to_string(status));
    }
    const int column = static_cast<int>(i);
    legs[i].status = static_cast<leg_status>(status);
    if (!in.leg_attempts().empty()) legs[i].attempts = in.leg_attempts(column);
    if (!in.leg_failures().empty()) legs[i].failures = in.leg_failures(column);
    if (!in.leg_interval_ms().empty()) legs[i].interval = std::chrono::milliseconds{in.leg_interval_ms(column)};
    if (!in.leg_due().empty()) legs[i].due = from_nanoseconds(in.leg_due(column));
    if (!in.leg_update_time().empty()) legs[i].update_time = from_nanoseconds(in.leg_update_time(column));
    if (!in.leg_finish_time().empty()) legs[i].finish_time = from_nanoseconds(in.leg_finish_time(column));
  }
  return legs;
}

}  // namespace

void encode_definition(const txn_definition& definition, std::string& out) {
  scratch<v1::Definition> message;
  message->set_gid(definition.gid.value);
  message->set_type(static_cast<std::uint32_t>(definition.type));
  message->set_protocol(static_cast<std::uint32_t>(definition.protocol));
  for (const step& one : definition.steps) {
    v1::Step& to = *message->add_steps();
    to.set_action(one.action);
    to.set_compensate(one.compensate);
    to.set_id(one.id.value);
    to.set_request_timeout_s(one.request_timeout.count());
  }
  for (const std::string& payload : definition.payloads) message->add_payloads(payload);
  message->set_query_prepared(definition.query_prepared);
  message->set_custom_data(definition.custom_data);
  if (definition.saga != saga_plan{}) fill_plan(definition.saga, *message->mutable_saga());
  if (definition.options != txn_options{}) fill_options(definition.options, *message->mutable_options());
  message->set_create_time(to_nanoseconds(definition.create_time));
  message->set_workflow_name(definition.workflow.name);
  message->set_workflow_data(definition.workflow.data);
  message->set_delay_s(definition.delay.count());
  start(out);
  message.write_after(out);
}

result<txn_definition> decode_definition(std::string_view bytes) {
  TREATY_TRY(const std::string_view body, after_format(bytes, "definition"));
  scratch<v1::Definition> message;
  if (!message.read(body)) return corrupt("definition", "is not a message");
  const std::uint32_t type = message->type();
  const std::uint32_t protocol = message->protocol();
  if (type < static_cast<std::uint32_t>(all_trans_types.front()) ||
      type > static_cast<std::uint32_t>(all_trans_types.back())) {
    return corrupt("definition", "has type " + std::to_string(type));
  }
  if (protocol < static_cast<std::uint32_t>(branch_protocol::http) ||
      protocol > static_cast<std::uint32_t>(branch_protocol::json_rpc)) {
    return corrupt("definition", "has protocol " + std::to_string(protocol));
  }
  txn_definition definition;
  definition.gid = gid{message->gid()};
  definition.type = static_cast<trans_type>(type);
  definition.protocol = static_cast<branch_protocol>(protocol);
  for (const v1::Step& one : message->steps()) {
    definition.steps.push_back(
        {one.action(), one.compensate(), branch_id{one.id()}, std::chrono::seconds{one.request_timeout_s()}});
  }
  definition.payloads.assign(message->payloads().begin(), message->payloads().end());
  definition.query_prepared = message->query_prepared();
  definition.custom_data = message->custom_data();
  if (message->has_saga()) definition.saga = read_plan(message->saga());
  if (message->has_options()) definition.options = read_options(message->options());
  definition.create_time = from_nanoseconds(message->create_time());
  definition.workflow = {message->workflow_name(), message->workflow_data()};
  definition.delay = std::chrono::seconds{message->delay_s()};
  return definition;
}

void encode_progress(const txn_progress& progress, trans_type type, std::string& out) {
  scratch<v1::Progress> message;
  message->set_update_time(to_nanoseconds(progress.update_time));
  message->set_finish_time(to_nanoseconds(progress.finish_time));
  message->set_rollback_time(to_nanoseconds(progress.rollback_time));
  message->set_rollback_reason(progress.rollback_reason);
  message->set_result(progress.result);
  message->set_retries_used(progress.retries_used);
  message->set_next_cron_interval_ms(progress.next_cron_interval.count());
  message->set_next_cron_time(to_nanoseconds(progress.next_cron_time));
  message->set_last_error(progress.last_error);
  message->set_due(to_nanoseconds(progress.due));
  message->set_watch_attempts(progress.watch.attempts);
  message->set_watch_failures(progress.watch.failures);
  message->set_watch_interval_ms(progress.watch.interval.count());
  message->set_watch_due(to_nanoseconds(progress.watch.due));
  message->set_stuck(progress.stuck);
  message->set_history_pages(progress.history_pages);
  fill_legs(progress.legs, *message);
  start(out);
  out += keys::make_row(progress.revision).view();
  out += static_cast<char>(type);
  out += static_cast<char>(progress.status);
  message.write_after(out);
}

result<txn_progress> decode_progress(std::string_view bytes) {
  TREATY_TRY(const progress_head head, decode_progress_head(bytes));
  scratch<v1::Progress> message;
  if (!message.read(bytes.substr(progress_head_size))) return corrupt("progress", "is not a message");
  txn_progress progress;
  progress.revision = head.revision;
  progress.status = head.status;
  progress.update_time = from_nanoseconds(message->update_time());
  progress.finish_time = from_nanoseconds(message->finish_time());
  progress.rollback_time = from_nanoseconds(message->rollback_time());
  progress.rollback_reason = message->rollback_reason();
  progress.result = message->result();
  progress.retries_used = message->retries_used();
  progress.next_cron_interval = std::chrono::milliseconds{message->next_cron_interval_ms()};
  progress.next_cron_time = from_nanoseconds(message->next_cron_time());
  progress.last_error = message->last_error();
  progress.due = from_nanoseconds(message->due());
  progress.watch.attempts = message->watch_attempts();
  progress.watch.failures = message->watch_failures();
  progress.watch.interval = std::chrono::milliseconds{message->watch_interval_ms()};
  progress.watch.due = from_nanoseconds(message->watch_due());
  progress.stuck = message->stuck();
  progress.history_pages = message->history_pages();
  TREATY_TRY(progress.legs, read_legs(*message));
  return progress;
}

void encode_branch(const registered_branch& branch, std::string& out) {
  scratch<v1::Branch> message;
  message->set_id(branch.id.value);
  message->set_op(static_cast<std::uint32_t>(branch.op));
  message->set_op_name(branch.op_name);
  message->set_url(branch.url);
  message->set_payload(branch.payload);
  message->set_create_time(to_nanoseconds(branch.create_time));
  message->set_request_timeout_s(branch.request_timeout.count());
  start(out);
  message.write_after(out);
}

result<registered_branch> decode_branch(std::string_view bytes) {
  TREATY_TRY(const std::string_view body, after_format(bytes, "branch"));
  scratch<v1::Branch> message;
  if (!message.read(body)) return corrupt("branch", "is not a message");
  const std::uint32_t op = message->op();
  if (op < static_cast<std::uint32_t>(all_branch_ops.front()) ||
      op > static_cast<std::uint32_t>(all_branch_ops.back())) {
    return corrupt("branch", "has operation " + std::to_string(op));
  }
  return registered_branch{branch_id{message->id()},
                           static_cast<branch_op>(op),
                           message->op_name(),
                           message->url(),
                           message->payload(),
                           from_nanoseconds(message->create_time()),
                           std::chrono::seconds{message->request_timeout_s()}};
}

void encode_kv(const kv_record& record, std::string& out) {
  scratch<v1::Kv> message;
  message->set_category(record.category);
  message->set_key(record.key);
  message->set_value(record.value);
  message->set_version(record.version);
  message->set_create_time(to_nanoseconds(record.create_time));
  message->set_update_time(to_nanoseconds(record.update_time));
  start(out);
  message.write_after(out);
}

result<kv_record> decode_kv(std::string_view bytes) {
  TREATY_TRY(const std::string_view body, after_format(bytes, "kv record"));
  scratch<v1::Kv> message;
  if (!message.read(body)) return corrupt("kv record", "is not a message");
  if (message->version() == 0) return corrupt("kv record", "has version 0");
  return kv_record{message->category(),
                   message->key(),
                   message->value(),
                   message->version(),
                   from_nanoseconds(message->create_time()),
                   from_nanoseconds(message->update_time())};
}

}  // namespace treaty::codec
