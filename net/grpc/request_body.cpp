#include "net/grpc/request_body.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "net/wire/own_options.hpp"

namespace treaty {
namespace {

result<void> read_seconds(std::int64_t count, const char* name, std::chrono::seconds& into) {
  if (count < 0) return failure{errc::invalid_argument, std::string{"TransOptions."} + name + " must not be negative"};
  into = std::min(std::chrono::seconds{count}, span_max);
  return {};
}

result<void> read_own_options(const dtmgimp::DtmTransOptions& from, txn_options& into) {
  if (auto read = read_seconds(from.retryintervalmax(), "RetryIntervalMax", into.retry_interval_max); !read)
    return read;
  if (from.retrygrowth() != 0) {
    TREATY_TRY(into.retry_growth_percent, growth_percent(from.retrygrowth(), "TransOptions.RetryGrowth"));
  }
  if (from.has_retryjitter()) {
    TREATY_TRY(into.retry_jitter_percent, jitter_percent(from.retryjitter(), "TransOptions.RetryJitter"));
  }
  TREATY_TRY(into.notify_url, checked_notify_url(from.notifyurl(), "TransOptions.NotifyUrl"));
  return {};
}

result<void> read_options(const dtmgimp::DtmTransOptions& from, txn_options& into) {
  into.wait_result = from.waitresult();
  into.branch_headers.insert(from.branchheaders().begin(), from.branchheaders().end());
  if (from.retrylimit() < 0) return failure{errc::invalid_argument, "TransOptions.RetryLimit must not be negative"};
  into.retry_limit = from.retrylimit();
  if (auto read = read_seconds(from.timeouttofail(), "TimeoutToFail", into.timeout_to_fail); !read) return read;
  if (auto read = read_seconds(from.retryinterval(), "RetryInterval", into.retry_interval); !read) return read;
  if (auto read = read_seconds(from.requesttimeout(), "RequestTimeout", into.request_timeout); !read) return read;
  return read_own_options(from, into);
}

}  // namespace

result<trans_body> body_of(dtmgimp::DtmRequest request) {
  trans_body out;
  out.gid = gid{request.gid()};
  out.trans_type = request.transtype();
  out.protocol = to_string(branch_protocol::grpc);
  auto& payloads = *request.mutable_binpayloads();
  out.payloads.assign(std::make_move_iterator(payloads.begin()), std::make_move_iterator(payloads.end()));
  out.query_prepared = std::move(*request.mutable_queryprepared());
  out.custom_data = std::move(*request.mutable_customeddata());
  out.rollback_reason = std::move(*request.mutable_rollbackreason());
  out.req_extra.insert(request.reqextra().begin(), request.reqextra().end());
  if (auto read = parse_steps(request.steps(), out); !read)
    return failure{read.error().code, "Steps: " + read.error().detail};
  if (auto read = read_options(request.transoptions(), out.options); !read) return read.error();
  return out;
}

branch_body body_of(dtmgimp::DtmBranchRequest request) {
  branch_body out;
  out.gid = gid{request.gid()};
  out.trans_type = request.transtype();
  out.branch_id = request.branchid();
  out.data.insert(request.data().begin(), request.data().end());
  out.payload = std::move(*request.mutable_busipayload());
  return out;
}

void describe(const txn_record& record, dtmgimp::DtmProgressesReply& into) {
  dtmgimp::DtmTransaction& transaction = *into.mutable_transaction();
  transaction.set_gid(record.definition->gid.value);
  transaction.set_status(std::string{to_string(record.progress.status)});
  transaction.set_rollbackreason(record.progress.rollback_reason);
  transaction.set_result(record.progress.result);
  for (std::size_t index = 0; index < record.progress.legs.size(); ++index) {
    const leg_view view = view_leg(record, index);
    dtmgimp::DtmProgress& one = *into.add_progresses();
    one.set_status(std::string{to_string(record.progress.legs[index].status)});
    one.set_bindata(std::string{view.payload});
    one.set_branchid(view.id.value);
    one.set_op(std::string{view.op_name});
  }
}

}  // namespace treaty
