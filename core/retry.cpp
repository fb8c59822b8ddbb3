#include "core/retry.hpp"

#include <algorithm>

namespace treaty {

std::chrono::milliseconds next_wait(growth how, std::chrono::milliseconds last, const retry_policy& policy) {
  const std::chrono::milliseconds cap = std::max(policy.cap, policy.first);
  if (last.count() <= 0) return policy.first;
  if (how == growth::constant) return std::min(last, cap);
  return last >= cap / 2 ? cap : last * 2;
}

retry_policy policy_for(const txn_options& options, const retry_policy& server) {
  retry_policy own = server;
  if (options.retry_interval.count() > 0) {
    own.first = options.retry_interval;
  } else if (options.timeout_to_fail.count() > 0 && options.timeout_to_fail < server.first) {
    own.first = options.timeout_to_fail;
  }
  return own;
}

}  // namespace treaty
