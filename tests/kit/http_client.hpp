#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/kit/http_message.hpp"

namespace treaty::kit {

/// What came back; status 0 when nothing did.
struct http_answer {
  int status = 0;
  std::string body;
  std::string content_type;
  http_message message;
  bool operator==(const http_answer& other) const { return status == other.status && body == other.body; }
};

/// One request on a connection of its own to 127.0.0.1. Blocks, at most `limit`. Never throws: a coordinator that is
/// down answers with status 0.
http_answer request(std::uint16_t port, std::string_view method, std::string_view target, std::string_view body = {},
                    std::chrono::milliseconds limit = std::chrono::seconds{20});

inline http_answer get(std::uint16_t port, std::string_view target) {
  return request(port, "GET", target);
}
inline http_answer post(std::uint16_t port, std::string_view target, std::string_view body) {
  return request(port, "POST", target, body);
}

}  // namespace treaty::kit
