#pragma once

#include <chrono>
#include <cstdint>

#include "core/model/definition.hpp"

namespace treaty {

enum class growth : std::uint8_t { constant = 1, doubling };

struct retry_policy {
  std::chrono::milliseconds first{10'000};
  std::chrono::milliseconds cap{600'000};
};

/// Returns the wait before a leg is called again, given the wait before this call (`last`; 0: this was the first).
///
/// doubling (the outcome is unknown): first, 2 first, 4 first ... up to the cap, saturating, never overflowing.
/// constant (ongoing): `last` again, or `first`.
/// No jitter: the shell adds it, so that simulation and transcripts stay exact.
/// Source:  docs/protocol.md, "Retries".
std::chrono::milliseconds next_wait(growth how, std::chrono::milliseconds last, const retry_policy& policy);

/// The transaction's own first wait: its retry_interval, else its timeout_to_fail when that is the shorter, else the
/// server's.
retry_policy policy_for(const txn_options& options, const retry_policy& server);

}  // namespace treaty
