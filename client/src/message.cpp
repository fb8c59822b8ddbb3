#include "treaty/client/message.hpp"

#include "client/src/submit.hpp"
#include "client/src/wait.hpp"

namespace treaty::client {

message::message(coordinator where, std::string gid, transaction_options options) : where_{std::move(where)} {
  request_.gid = std::move(gid);
  request_.trans_type = "msg";
  request_.options = std::move(options);
}

message& message::add(std::string action, std::string payload) {
  request_.steps.push_back({.action = std::move(action)});
  request_.payloads.push_back(std::move(payload));
  return *this;
}

message& message::add_topic(const std::string& topic, std::string payload) {
  return add("topic://" + topic, std::move(payload));
}

message& message::delay(std::chrono::seconds wait) {
  delay_ = wait;
  return *this;
}

transaction_request message::request(transaction_verb verb) const {
  transaction_request request = request_;
  if (verb == transaction_verb::submit && delay_.count() > 0) {
    request.custom_data = "{\"delay\":" + std::to_string(delay_.count()) + "}";
  }
  return request;
}

result<void> message::prepare(const std::string& query_prepared) {
  return wait_for<void>([&](auto done) { async_prepare(query_prepared, std::move(done)); });
}

void message::async_prepare(const std::string& query_prepared, completion<void> done) {
  if (!query_prepared.empty()) request_.query_prepared = query_prepared;
  where_.way().send(transaction_verb::prepare, request(transaction_verb::prepare), std::move(done));
}

result<void> message::submit() const {
  return wait_for<void>([&](auto done) { async_submit(std::move(done)); });
}

void message::async_submit(completion<void> done) const {
  client::submit(where_, request(transaction_verb::submit), std::move(done));
}

result<void> message::abort() const {
  return wait_for<void>([&](auto done) { async_abort(std::move(done)); });
}

void message::async_abort(completion<void> done) const {
  where_.way().send(transaction_verb::abort, request(transaction_verb::abort), std::move(done));
}

void message::async_query(completion<void> done) const {
  branch_call question{.url = request_.query_prepared,
                       .context = {request_.gid, request_.trans_type, "00", "msg"},
                       .headers = request_.options.branch_headers,
                       .limit = request_.options.request_timeout};
  where_.way().call(std::move(question), [done = std::move(done)](const result<std::string>& answer) {
    answer ? done({}) : done(answer.error());
  });
}

result<void> message::do_and_submit(const std::string& query_prepared,
                                    const std::function<result<void>(barrier&)>& business) {
  const auto prepared = prepare(query_prepared);
  // It was submitted before, so the business committed then: what is left is to hear how it goes.
  if (!prepared && prepared.error().code == errc::duplicated) return submit();
  if (!prepared) return prepared;
  barrier guard{{request_.gid, request_.trans_type, "00", "msg"}};
  const auto done = business(guard);
  // What is not a clear no may have been committed after all.
  const bool is_open = !done && done.error().code != errc::refused;
  const auto known = is_open ? wait_for<void>([&](auto asked) { async_query(std::move(asked)); }) : done;
  if (!known && known.error().code == errc::refused) {
    static_cast<void>(abort());  // if it does not arrive, the coordinator asks the query and hears the same
    return done;
  }
  if (!known) return done;  // the coordinator will ask when it is time
  const auto submitted = submit();
  return done ? submitted : done;
}

result<void> message::do_and_submit(const std::string& query_prepared, sql_session& session,
                                    const std::function<result<void>()>& business) {
  return do_and_submit(query_prepared, [&](barrier& guard) { return guard.call(session, business); });
}

}  // namespace treaty::client
