#include "net/http2/request_headers.hpp"

#include <algorithm>
#include <cstdint>

namespace treaty {
namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr long eight_digits_max = 99'999'999;

}  // namespace

std::string grpc_timeout(std::chrono::milliseconds left) {
  const long milliseconds = std::max<long>(left.count(), 1);
  if (milliseconds <= eight_digits_max) return std::to_string(milliseconds) + "m";
  return std::to_string(std::min(milliseconds / 1000, eight_digits_max)) + "S";
}

std::string base64_of(std::string_view bytes) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (count += 8; count >= 6; count -= 6) out += base64_digits[bits >> (count - 6) & 63];
  }
  if (count > 0) out += base64_digits[bits << (6 - count) & 63];
  return out;
}

request_headers::request_headers(const grpc_exchange& what, std::string_view user_agent,
                                 std::chrono::steady_clock::time_point now)
    : timeout_{grpc_timeout(std::chrono::duration_cast<std::chrono::milliseconds>(what.deadline - now))} {
  all_.reserve(what.metadata.size() + 8);
  all_.push_back({":method", "POST"});
  all_.push_back({":scheme", "http"});
  all_.push_back({":path", what.target.method});
  all_.push_back({":authority", what.authority});
  all_.push_back({"te", "trailers"});
  all_.push_back({"content-type", "application/grpc"});
  all_.push_back({"user-agent", user_agent});
  all_.push_back({"grpc-timeout", timeout_, false});
  for (const auto& [name, value] : what.metadata) {
    const std::string_view sent = name.ends_with("-bin") ? encoded_.emplace_back(base64_of(value)) : value;
    all_.push_back({name, sent, name != "dtm-gid"});
  }
}

}  // namespace treaty
