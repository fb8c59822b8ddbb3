#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace treaty::fuzz {

/// What must hold for any input. The fuzzer keeps the input of a failure.
#define FUZZ_CHECK(condition, ...)    \
  ((condition) ? static_cast<void>(0) \
               : ::treaty::fuzz::fail(__FILE__, __LINE__, #condition, ::treaty::fuzz::said(__VA_ARGS__)))

inline std::string said() {
  return {};
}
inline std::string said(std::string_view what) {
  return std::string{what};
}
[[noreturn]] inline void fail(const char* file, int line, const char* condition, const std::string& what) {
  std::fprintf(stderr, "%s:%d: does not hold: %s %s\n", file, line, condition, what.c_str());
  std::abort();
}

/// Takes an input apart from its front; what is not there reads as empty, or as 0.
class input {
public:
  input(const std::uint8_t* data, std::size_t size) : rest_{reinterpret_cast<const char*>(data), size} {}

  explicit input(std::string_view text) : rest_{text} {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() { return rest_.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(take(1).front()); }
  /// Two bytes of length, and as many bytes.
  std::string_view counted() {
    const std::size_t high = byte();
    const std::size_t length = high << 8 | byte();
    return take(length);
  }
  /// The bytes before `mark`, which is taken too; all of them when it is not there.
  std::string_view until(std::string_view mark) {
    const std::size_t at = rest_.find(mark);
    const std::string_view found = take(at);
    take(at == std::string_view::npos ? 0 : mark.size());
    return found;
  }
  std::string_view all() { return take(rest_.size()); }

private:
  std::string_view take(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest_;
};

/// FNV-1a: chances that depend on the input only.
inline std::uint64_t hash_of(const std::uint8_t* data, std::size_t size) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (std::size_t at = 0; at < size; ++at) hash = (hash ^ data[at]) * 1099511628211ULL;
  return hash;
}

}  // namespace treaty::fuzz
