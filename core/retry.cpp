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
  const std::chrono::seconds interval = std::min(options.retry_interval, longest_wait);
  const std::chrono::seconds limit = std::min(options.timeout_to_fail, longest_wait);
  if (interval.count() > 0) {
    own.first = interval;
  } else if (limit.count() > 0 && limit < server.first) {
    own.first = limit;
  }
  return own;
}

}  // namespace treaty
