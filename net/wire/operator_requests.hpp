#pragma once

#include <chrono>
#include <string_view>

#include "core/base/result.hpp"
#include "core/model/history.hpp"
#include "net/ingress.hpp"

namespace treaty {

// What our own API is asked for (docs/api.md). Nothing is guessed: a parameter or a member that is not known, or stands
// there twice, is refused. Errors of all: invalid_argument; the detail names the parameter or the member.

inline constexpr std::size_t api_page_max = 1'000;
inline constexpr std::size_t api_page_default = 50;
inline constexpr std::chrono::milliseconds api_wait_max{std::chrono::minutes{5}};
inline constexpr std::chrono::milliseconds api_wait_default{std::chrono::seconds{30}};

/// The query of the list: filters, limit, cursor.
result<list_request> parse_list_query(std::string_view query);
/// The query of a wait: `timeout`, as in "30s", "1500ms", "2m"; a plain number is in seconds.
result<std::chrono::milliseconds> parse_wait_query(std::string_view query);
/// Of a request that takes no parameters.
result<void> parse_empty_query(std::string_view query);

/// Who does it, and why: `{"actor":"..","reason":".."}`, both needed.
result<operator_note> parse_operator_note(std::string_view json);

/// `{"actor","reason","filter":{..},"limit","cursor"}`, or `"all":true` instead of a filter.
struct retry_many_request {
  operator_note by;
  list_request what;
};
result<retry_many_request> parse_retry_many(std::string_view json);

}  // namespace treaty
