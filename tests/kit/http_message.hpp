#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/kit/tcp.hpp"

namespace treaty::kit {

/// One HTTP/1.1 message as it stood on the wire; header names in lower case, a chunked body joined.
struct http_message {
  std::string start_line;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// Empty when absent. `name` in lower case.
  std::string_view header(std::string_view name) const;
  /// The status of a response; 0 when this is none.
  int status() const;
};

enum class message_kind : bool { request, response };

/// Reads one message; bytes that arrived after it stay in `buffered`. Nothing when the connection ended or the deadline
/// passed before the message was whole, or when it is not HTTP.
std::optional<http_message> read_message(tcp_stream& from, std::string& buffered, message_kind kind,
                                         steady::time_point deadline);

/// The value of `name` in a query string, decoded; empty when absent.
std::string query_value(std::string_view query, std::string_view name);

}  // namespace treaty::kit
