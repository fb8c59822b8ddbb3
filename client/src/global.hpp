#pragma once

#include <functional>

#include "treaty/client/result.hpp"

namespace treaty::client {

/// What TCC and XA have in common: begin, run the business, and end it as the business did.
template <class Transaction>
result<void> run_global(Transaction& transaction, const std::function<result<void>(Transaction&)>& business) {
  if (auto prepared = transaction.prepare(); !prepared) return prepared;
  result<void> done;
  try {
    done = business(transaction);
  } catch (...) {
    static_cast<void>(transaction.abort("the business threw an exception"));
    throw;
  }
  if (done) return transaction.submit();
  static_cast<void>(transaction.abort(done.error().detail));  // if it does not arrive, the time limit does the same
  return done;
}

}  // namespace treaty::client
