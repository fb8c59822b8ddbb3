#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace treaty::client {

/// What kept something from succeeding; one code for each reaction a program may have.
enum class errc : std::uint8_t {
  refused = 1,       // a definite no: the branch did nothing and never will, the transaction is to be undone
  ongoing,           // not finished yet: ask again later
  duplicated,        // this business was done, or was given up, before: do not do it now
  invalid_argument,  // a mistake of the program: repeating does not help
  unknown,           // it may or may not have happened: repeat, or let the coordinator repeat
};

std::string_view to_string(errc code);

/// `code` is for programs, `detail` for people.
struct failure {
  errc code;
  std::string detail;
  bool operator==(const failure&) const = default;
};

inline failure refused(std::string detail) {
  return {errc::refused, std::move(detail)};
}
inline failure ongoing(std::string detail) {
  return {errc::ongoing, std::move(detail)};
}
inline failure unknown(std::string detail) {
  return {errc::unknown, std::move(detail)};
}
inline failure invalid(std::string detail) {
  return {errc::invalid_argument, std::move(detail)};
}

namespace detail {
/// Ends the process: a value was taken from a result that holds none, or the other way round.
[[noreturn]] void misused_result(const failure* held);
}  // namespace detail

/// A value, or why there is none; shaped like std::expected. Nothing in this library throws on purpose.
template <class T>
class [[nodiscard]] result {
public:
  using value_type = T;
  /// As std::expected has it, and as Asio wants it of what a coroutine gives.
  result() requires std::default_initializable<T>
  = default;
  result(T&& value) : data_{std::in_place_index<0>, std::move(value)} {}
  result(const T& value) : data_{std::in_place_index<0>, value} {}
  result(failure why) : data_{std::in_place_index<1>, std::move(why)} {}
  /// As the value converts: a result with a derived class's pointer to one with its base's.
  template <class U>
  requires(!std::same_as<U, T> && std::convertible_to<U, T>) result(result<U> other)
      : data_{other ? std::variant<T, failure>{std::in_place_index<0>, *std::move(other)}
                    : std::variant<T, failure>{std::in_place_index<1>, other.error()}} {}

  explicit operator bool() const noexcept { return data_.index() == 0; }
  T& operator*() & { return held(); }
  const T& operator*() const& { return const_cast<result*>(this)->held(); }
  T&& operator*() && { return std::move(held()); }
  T* operator->() { return &held(); }
  const T* operator->() const { return &**this; }
  const failure& error() const {
    if (data_.index() != 1) detail::misused_result(nullptr);
    return *std::get_if<1>(&data_);
  }

private:
  T& held() {
    if (data_.index() != 0) detail::misused_result(std::get_if<1>(&data_));
    return *std::get_if<0>(&data_);
  }

  std::variant<T, failure> data_;
};

template <>
class [[nodiscard]] result<void> {
public:
  using value_type = void;
  result() = default;
  result(failure why) : error_{std::move(why)} {}
  explicit operator bool() const noexcept { return !error_.has_value(); }
  const failure& error() const {
    if (!error_) detail::misused_result(nullptr);
    return *error_;
  }

private:
  std::optional<failure> error_;
};

}  // namespace treaty::client
