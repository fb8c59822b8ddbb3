#pragma once

#include <string>
#include <string_view>

#include "treaty/client/result.hpp"

namespace treaty::client {

struct http_url {
  std::string host;    // without the brackets of an IPv6 address
  std::string port;    // 80 when the URL names none
  std::string origin;  // host and port as they go into the header Host
  std::string target;  // path and query, at least "/"
};

/// Errors: invalid_argument.
result<http_url> parse_http_url(std::string_view url);

}  // namespace treaty::client
