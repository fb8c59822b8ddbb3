#include "core/retry.hpp"

#include <algorithm>

namespace treaty {

std::chrono::milliseconds next_wait(growth how, std::chrono::milliseconds last, const retry_policy& policy) {
  const std::chrono::milliseconds cap =
      std::min<std::chrono::milliseconds>(std::max(policy.cap, policy.first), longest_wait);
  if (last.count() <= 0) return policy.first;
  if (how == growth::constant) return std::min(last, cap);
  const std::chrono::milliseconds::rep percent = std::max<std::uint32_t>(policy.growth_percent, 100);
  return last >= cap * 100 / percent ? cap : last * percent / 100;
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
  if (options.retry_interval_max.count() > 0) own.cap = std::min(options.retry_interval_max, longest_wait);
  if (options.retry_growth_percent > 0) own.growth_percent = options.retry_growth_percent;
  return own;
}

}  // namespace treaty
