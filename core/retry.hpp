#pragma once

#include <chrono>
#include <cstdint>

#include "core/model/definition.hpp"

namespace treaty {

enum class growth : std::uint8_t { constant = 1, growing };

struct retry_policy {
  std::chrono::milliseconds first{10'000};
  std::chrono::milliseconds cap{600'000};
  std::uint32_t growth_percent = 200;  // of a wait to the next, at least 100
  std::uint32_t jitter_percent = 0;    // a wait is lengthened by up to this share of itself
};

/// Returns the wait before a leg is called again, given the wait before this call (`last`; 0: this was the first).
///
/// growing (the outcome is unknown): first, 2 first, 4 first ... (or by another factor) up to the cap, saturating.
/// constant (ongoing): `last` again, or `first`.
/// Without jitter.
/// Source:  docs/protocol.md, "Retries".
std::chrono::milliseconds next_wait(growth how, std::chrono::milliseconds last, const retry_policy& policy);

/// By how much longer a leg waits, so that calls that failed together are not repeated together: the same for the same
/// gid, leg and attempt, spread evenly over others.
std::chrono::milliseconds jitter_of(const gid& id, std::size_t leg, std::uint32_t attempt,
                                    std::chrono::milliseconds wait, const retry_policy& policy);

/// What the transaction says, else the server. Its own first wait is its retry_interval, else its timeout_to_fail when
/// that is the shorter.
retry_policy policy_for(const txn_options& options, const retry_policy& server);

}  // namespace treaty
