#pragma once

namespace treaty::kit {

/// Whether these tests were built with a sanitizer: everything is right then, and late.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

/// How much freed memory a process keeps that was built with the address sanitizer, to notice when it is used: as much
/// as `quarantine_size_mb` is when nobody sets it.
#if defined(__SANITIZE_ADDRESS__)
constexpr double mib_in_quarantine = 256;
#else
constexpr double mib_in_quarantine = 0;
#endif

}  // namespace treaty::kit
