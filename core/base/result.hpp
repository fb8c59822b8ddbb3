#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "core/base/assert.hpp"

namespace treaty {

/// One code for each reaction a caller may have; stored and sent, so never renumbered.
enum class errc : std::uint8_t {
  not_found = 1,
  already_exists,
  conflict,  // a revision guard did not hold; nothing was written
  illegal_transition,
  invalid_argument,
  overloaded,
  unavailable,
  outcome_unknown,  // it may or may not have happened: read again before deciding anything else
  corrupt,
  unsupported,
};

std::string_view to_string(errc code);

/// `code` is for programs, `detail` for people.
struct failure {
  errc code;
  std::string detail;
  bool operator==(const failure&) const = default;
};

/// A value or the reason why there is none; shaped like std::expected.
template <class T>
class [[nodiscard]] result {
public:
  using value_type = T;
  result(T&& value) : data_{std::in_place_index<0>, std::move(value)} {}
  result(const T& value) : data_{std::in_place_index<0>, value} {}
  result(failure why) : data_{std::in_place_index<1>, std::move(why)} {}

  explicit operator bool() const noexcept { return data_.index() == 0; }
  T& operator*() & {
    TREATY_ASSERT(data_.index() == 0);
    return *std::get_if<0>(&data_);
  }
  const T& operator*() const& {
    TREATY_ASSERT(data_.index() == 0);
    return *std::get_if<0>(&data_);
  }
  T&& operator*() && { return std::move(**this); }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  const failure& error() const {
    TREATY_ASSERT(data_.index() == 1);
    return *std::get_if<1>(&data_);
  }

private:
  std::variant<T, failure> data_;
};

template <>
class [[nodiscard]] result<void> {
public:
  result() = default;
  result(failure why) : error_{std::move(why)} {}
  explicit operator bool() const noexcept { return !error_.has_value(); }
  const failure& error() const {
    TREATY_ASSERT(error_.has_value());
    return *error_;
  }

private:
  std::optional<failure> error_;
};

}  // namespace treaty

#define TREATY_CONCAT_INNER(a, b) a##b
#define TREATY_CONCAT(a, b) TREATY_CONCAT_INNER(a, b)
/// Binds the value of `expression`, or passes its failure up to the caller.
#define TREATY_TRY(binding, expression)                                                           \
  auto TREATY_CONCAT(treaty_try_, __LINE__) = (expression);                                       \
  if (!TREATY_CONCAT(treaty_try_, __LINE__)) return TREATY_CONCAT(treaty_try_, __LINE__).error(); \
  binding = *std::move(TREATY_CONCAT(treaty_try_, __LINE__))
