#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace treaty {

struct host_and_port {
  std::string host;  // without the brackets of an IPv6 address
  std::uint16_t port = 0;
  bool operator==(const host_and_port&) const = default;
};

/// "host:port", "127.0.0.1:80", "[::1]:80". Errors: invalid_argument; `detail` shows the text.
result<host_and_port> split_host_and_port(std::string_view address);

}  // namespace treaty
