#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "treaty/client/barrier.hpp"
#include "treaty/client/coordinator.hpp"

namespace treaty::client {

/// Calls that are made for certain, in order, once the sender has committed: never undone, repeated until each
/// succeeds.
class message {
public:
  message(coordinator where, std::string gid, transaction_options options = {});

  message& add(std::string action, std::string payload);
  /// Every subscriber of the topic gets the payload.
  message& add_topic(const std::string& topic, std::string payload);
  /// Nothing is called before that time after the submit.
  message& delay(std::chrono::seconds wait);

  transaction_options& options() { return request_.options; }
  const std::string& gid() const { return request_.gid; }

  /// Announces the message. If no submit follows in time, the coordinator asks `query_prepared` whether to send it.
  /// Errors: refused, when it was given up before; duplicated, when it was submitted before.
  result<void> prepare(const std::string& query_prepared);
  void async_prepare(const std::string& query_prepared, completion<void> done);
  /// Sends the message, prepared or not, once. Errors: refused, when it was given up before;
  ///         ongoing, with wait_result: it will be sent, and not everybody has it yet.
  result<void> submit() const;
  void async_submit(completion<void> done) const;
  /// Gives a prepared message up.
  result<void> abort() const;
  void async_abort(completion<void> done) const;
  /// Asks the sender's own query, as the coordinator would: success, or refused when the business was not committed.
  void async_query(completion<void> done) const;

  /// Sends the message if and only if `business` commits, whatever breaks in between: announces it, runs the business,
  /// which uses the barrier it is given, and submits or gives up. Where nobody can tell, the query decides. Under a gid
  /// that was submitted before, the business is not run again, and the outcome is that of the submit.
  /// Errors: those of prepare (then the business did not run), of the business, or of the submit.
  result<void> do_and_submit(const std::string& query_prepared, const std::function<result<void>(barrier&)>& business);
  /// The same for a business on one SQL connection, in a transaction that this opens and commits.
  result<void> do_and_submit(const std::string& query_prepared, sql_session& session,
                             const std::function<result<void>()>& business);

private:
  transaction_request request(transaction_verb verb) const;

  coordinator where_;
  transaction_request request_;
  std::chrono::seconds delay_{0};
};

}  // namespace treaty::client
