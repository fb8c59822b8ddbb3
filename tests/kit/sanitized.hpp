#pragma once

namespace treaty::kit {

/// Whether these tests were built with a sanitizer: everything is right then, and late.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

}  // namespace treaty::kit
