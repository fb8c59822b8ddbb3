#include "core/retry.hpp"

#include <algorithm>
#include <functional>
#include <string>

namespace treaty {
namespace {

/// Every bit of the result hangs on every bit of the number (the finalizer of SplitMix64).
std::uint64_t mixed(std::uint64_t number) {
  number += 0x9e3779b97f4a7c15;
  number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
  number = (number ^ number >> 27) * 0x94d049bb133111eb;
  return number ^ number >> 31;
}

}  // namespace

std::chrono::milliseconds next_wait(growth how, std::chrono::milliseconds last, const retry_policy& policy) {
  const std::chrono::milliseconds cap =
      std::min<std::chrono::milliseconds>(std::max(policy.cap, policy.first), longest_wait);
  if (last.count() <= 0) return policy.first;
  if (how == growth::constant) return std::min(last, cap);
  const std::chrono::milliseconds::rep percent = std::max<std::uint32_t>(policy.growth_percent, 100);
  return last >= cap * 100 / percent ? cap : last * percent / 100;
}

std::chrono::milliseconds jitter_of(const gid& id, std::size_t leg, std::uint32_t attempt,
                                    std::chrono::milliseconds wait, const retry_policy& policy) {
  if (policy.jitter_percent == 0 || wait.count() <= 0) return {};
  const std::uint64_t number = mixed(std::hash<std::string>{}(id.value) + mixed(leg) + mixed(attempt));
  const double share = static_cast<double>(number >> 11) * 0x1p-53 * policy.jitter_percent / 100;  // below the limit
  return std::chrono::milliseconds{static_cast<std::int64_t>(share * static_cast<double>(wait.count()))};
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
  own.jitter_percent = options.retry_jitter_percent.value_or(server.jitter_percent);
  return own;
}

}  // namespace treaty
