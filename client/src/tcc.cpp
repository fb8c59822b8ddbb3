#include "treaty/client/tcc.hpp"

#include "client/src/global.hpp"
#include "client/src/reason.hpp"
#include "client/src/submit.hpp"
#include "client/src/wait.hpp"

namespace treaty::client {

tcc::tcc(coordinator where, std::string gid, transaction_options options) : where_{std::move(where)} {
  request_.gid = std::move(gid);
  request_.trans_type = "tcc";
  request_.options = std::move(options);
}

tcc::tcc(coordinator where, const branch_context& parent, transaction_options options)
    : tcc{std::move(where), parent.gid, std::move(options)} {
  ids_ = branch_ids{parent.branch_id};
}

result<void> tcc::prepare() const {
  return wait_for<void>([&](auto done) { async_prepare(std::move(done)); });
}

void tcc::async_prepare(completion<void> done) const {
  where_.way().send(transaction_verb::prepare, request_, std::move(done));
}

result<std::string> tcc::call(tcc_branch branch) {
  return wait_for<std::string>([&](auto done) { async_call(std::move(branch), std::move(done)); });
}

void tcc::async_call(tcc_branch branch, completion<std::string> done) {
  const auto id = ids_.next();
  if (!id) return done(id.error());
  branch_registration registration{
      .gid = gid(),
      .trans_type = request_.trans_type,
      .branch_id = *id,
      .payload = branch.payload,
      .data = {{"confirm", std::move(branch.confirm_url)}, {"cancel", std::move(branch.cancel_url)}},
      .request_timeout = request_.options.request_timeout};
  if (branch.request_timeout.count() > 0) {
    registration.data["request_timeout"] = std::to_string(branch.request_timeout.count());
  }
  branch_call attempt{.url = std::move(branch.try_url),
                      .context = {gid(), request_.trans_type, *id, "try"},
                      .payload = std::move(branch.payload),
                      .headers = request_.options.branch_headers};
  // First known, then called: a try that nobody would cancel must not happen.
  where_.way().register_branch(std::move(registration), [where = where_, attempt = std::move(attempt),
                                                         done = std::move(done)](const result<void>& known) mutable {
    known ? where.way().call(std::move(attempt), std::move(done)) : done(known.error());
  });
}

result<void> tcc::submit() const {
  return wait_for<void>([&](auto done) { async_submit(std::move(done)); });
}

void tcc::async_submit(completion<void> done) const {
  client::submit(where_, request_, std::move(done));
}

result<void> tcc::abort(const std::string& reason) const {
  return wait_for<void>([&](auto done) { async_abort(reason, std::move(done)); });
}

void tcc::async_abort(const std::string& reason, completion<void> done) const {
  transaction_request request = request_;
  request.rollback_reason = reason_text(reason);
  where_.way().send(transaction_verb::abort, std::move(request), std::move(done));
}

result<void> run_tcc(const coordinator& where, const std::string& gid,
                     const std::function<result<void>(tcc&)>& business, transaction_options options) {
  tcc transaction{where, gid, std::move(options)};
  return run_global(transaction, business);
}

}  // namespace treaty::client
