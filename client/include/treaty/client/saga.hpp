#pragma once

#include <map>
#include <string>
#include <vector>

#include "treaty/client/coordinator.hpp"

namespace treaty::client {

/// Steps that are carried out in order, and undone in the opposite order when one refuses.
class saga {
public:
  saga(coordinator where, std::string gid, transaction_options options = {});

  /// A step: the URLs of the action and of what undoes it (either may be empty: nothing to do), and the body that both
  /// get: JSON over HTTP, a serialised message over gRPC.
  saga& add(std::string action, std::string compensate, std::string payload);
  /// As above; `request_timeout` is the limit of one call of this step (Treaty only).
  saga& add(std::string action, std::string compensate, std::string payload, std::chrono::seconds request_timeout);
  /// All steps at once, but none before those that `order` names.
  saga& concurrent();
  /// Step `step` (the first is 0) waits for the steps `after`.
  saga& order(std::size_t step, std::vector<std::size_t> after);

  transaction_options& options() { return request_.options; }
  const std::string& gid() const { return request_.gid; }

  /// Hands the saga over: from then on the coordinator sees to it, whatever happens to this program. Submitting again
  /// under the same gid does no harm, and tells how the saga stands: what has succeeded succeeds.
  /// Errors: refused: the saga is undone; with wait_result it may happen that this still goes on, but it will not stop
  ///         half-way;
  ///         ongoing, with wait_result: it was taken and has not ended, as when a branch did not answer: it may succeed
  ///         yet, or be undone; submit it again, or ask the coordinator;
  ///         unknown: it may have arrived; submit it again.
  result<void> submit() const;
  void async_submit(completion<void> done) const;

private:
  transaction_request request() const;

  coordinator where_;
  transaction_request request_;
  std::map<std::size_t, std::vector<std::size_t>> orders_;
};

}  // namespace treaty::client
