#pragma once

// Internal to net/wire: what a list may be narrowed by, the same in a query and in a JSON body.

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/result.hpp"
#include "net/ingress.hpp"

namespace treaty {

/// What a filter's value is in JSON. A moment is a text or a number.
enum class json_kind : std::uint8_t { text = 1, number, flag, moment };

struct list_filter {
  std::string_view name;
  json_kind kind;
  /// Takes the text that a query has for the value. Errors: invalid_argument; the detail names the filter.
  result<void> (*set)(std::string_view text, list_request& into);
};

/// Null: there is no such filter.
const list_filter* find_filter(std::string_view name);
/// limit and cursor: what says how much of the list is wanted.
const list_filter* find_page_field(std::string_view name);

/// Decimal, with a minus perhaps, and nothing else.
std::optional<std::int64_t> whole_number(std::string_view text);

}  // namespace treaty
