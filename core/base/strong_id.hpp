#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace treaty {

/// A string that cannot be mistaken for another kind of string.
template <class Tag>
struct strong_id {
  std::string value;

  strong_id() = default;
  explicit strong_id(std::string text) : value{std::move(text)} {}
  bool empty() const noexcept { return value.empty(); }
  auto operator<=>(const strong_id&) const = default;
};

}  // namespace treaty

template <class Tag>
struct std::hash<treaty::strong_id<Tag>> {
  std::size_t operator()(const treaty::strong_id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.value); }
};
