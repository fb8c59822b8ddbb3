#include "net/http/reply_head.hpp"

#include <array>
#include <charconv>
#include <string_view>

namespace treaty {
namespace {

std::string_view status_line(int status) {
  switch (status) {
    case 200:
      return "HTTP/1.1 200 OK\r\n";
    case 301:
      return "HTTP/1.1 301 Moved Permanently\r\n";
    case 307:
      return "HTTP/1.1 307 Temporary Redirect\r\n";
    case 400:
      return "HTTP/1.1 400 Bad Request\r\n";
    case 404:
      return "HTTP/1.1 404 Not Found\r\n";
    case 408:
      return "HTTP/1.1 408 Request Timeout\r\n";
    case 409:
      return "HTTP/1.1 409 Conflict\r\n";
    case 413:
      return "HTTP/1.1 413 Content Too Large\r\n";
    case 425:
      return "HTTP/1.1 425 Too Early\r\n";
    case 429:
      return "HTTP/1.1 429 Too Many Requests\r\n";
    case 431:
      return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
    case 500:
      return "HTTP/1.1 500 Internal Server Error\r\n";
    case 501:
      return "HTTP/1.1 501 Not Implemented\r\n";
    case 503:
      return "HTTP/1.1 503 Service Unavailable\r\n";
  }
  return {};
}

void append_number(std::string& out, std::size_t number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end.ptr);
}

}  // namespace

void append_reply_head(std::string& out, const http_reply& reply, std::size_t body_bytes, connection_end end) {
  if (const std::string_view line = status_line(reply.status); !line.empty()) {
    out += line;
  } else {
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::size_t>(reply.status));
    out += " Status\r\n";
  }
  if (body_bytes > 0) {
    out += "Content-Type: ";
    out += reply.content_type;
    out += "\r\n";
  }
  for (const auto& [name, value] : reply.headers) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  if (end == connection_end::close) out += "Connection: close\r\n";
  if (end == connection_end::keep_as_1_0) out += "Connection: keep-alive\r\n";
  out += "Content-Length: ";
  append_number(out, body_bytes);
  out += "\r\n\r\n";
}

}  // namespace treaty
