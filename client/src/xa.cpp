#include "treaty/client/xa.hpp"

#include "client/src/global.hpp"
#include "client/src/reason.hpp"
#include "client/src/submit.hpp"
#include "client/src/wait.hpp"
#include "client/src/xa_session.hpp"

namespace treaty::client {

xa::xa(coordinator where, std::string gid, transaction_options options) : where_{std::move(where)} {
  request_.gid = std::move(gid);
  request_.trans_type = "xa";
  request_.options = std::move(options);
}

result<void> xa::prepare() const {
  return wait_for<void>([&](auto done) { async_prepare(std::move(done)); });
}

void xa::async_prepare(completion<void> done) const {
  where_.way().send(transaction_verb::prepare, request_, std::move(done));
}

result<std::string> xa::call(const std::string& url, std::string payload) {
  return wait_for<std::string>([&](auto done) { async_call(url, std::move(payload), std::move(done)); });
}

void xa::async_call(const std::string& url, std::string payload, completion<std::string> done) {
  const auto id = ids_.next();
  if (!id) return done(id.error());
  where_.way().call({.url = url,
                     .context = {gid(), request_.trans_type, *id, "action", {}, url},
                     .payload = std::move(payload),
                     .headers = request_.options.branch_headers},
                    std::move(done));
}

result<void> xa::submit() const {
  return wait_for<void>([&](auto done) { async_submit(std::move(done)); });
}

void xa::async_submit(completion<void> done) const {
  client::submit(where_, request_, std::move(done));
}

result<void> xa::abort(const std::string& reason) const {
  return wait_for<void>([&](auto done) { async_abort(reason, std::move(done)); });
}

void xa::async_abort(const std::string& reason, completion<void> done) const {
  transaction_request request = request_;
  request.rollback_reason = reason_text(reason);
  where_.way().send(transaction_verb::abort, std::move(request), std::move(done));
}

result<void> run_xa(const coordinator& where, const std::string& gid, const std::function<result<void>(xa&)>& business,
                    transaction_options options) {
  xa transaction{where, gid, std::move(options)};
  return run_global(transaction, business);
}

result<void> serve_xa(const branch_context& call, const coordinator& where, const sql_connector& connect,
                      const std::function<result<void>(sql_session&)>& business) {
  if (call.op == "commit" || call.op == "rollback") return end_xa(call, connect);
  if (call.phase2_url.empty()) return invalid("the call of an XA branch has no phase2_url");
  return prepare_xa(call, connect, [&](sql_session& session) -> result<void> {
    if (auto done = business(session); !done) return done;
    return wait_for<void>([&](auto done) {
      where.way().register_branch({.gid = call.gid,
                                   .trans_type = call.trans_type,
                                   .branch_id = call.branch_id,
                                   .data = {{"url", call.phase2_url}}},
                                  std::move(done));
    });
  });
}

}  // namespace treaty::client
