#include "bench/load/wire.hpp"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace treaty::load {
namespace {

constexpr std::string_view length_name = "content-length:";
constexpr std::string_view encoding_name = "transfer-encoding:";
constexpr std::string_view retry_name = "retry-after:";

bool is_header(std::string_view line, std::string_view name) {
  return line.size() > name.size() && ::strncasecmp(line.data(), name.data(), name.size()) == 0;
}

/// The body's size; nothing when the head does not say it in a way that is understood here.
std::optional<std::size_t> body_size(std::string_view headers) {
  std::size_t size = 0;
  while (!headers.empty()) {
    const std::size_t end = std::min(headers.find('\n'), headers.size() - 1);
    const std::string_view line = headers.substr(0, end);
    const char first = line.empty() ? '\0' : static_cast<char>(line.front() | 0x20);
    if (first == 'c' && is_header(line, length_name)) {
      const std::size_t digits = line.find_first_not_of(' ', length_name.size());
      if (digits == std::string_view::npos) return std::nullopt;
      if (std::from_chars(line.data() + digits, line.data() + line.size(), size).ec != std::errc{}) return std::nullopt;
    } else if (first == 't' && is_header(line, encoding_name)) {
      return std::nullopt;
    }
    headers.remove_prefix(end + 1);
  }
  return size;
}

void read_parameter(std::string_view pair, branch_call& to) {
  if (pair.starts_with("gid=")) {
    to.gid = pair.substr(4);
  } else if (pair.starts_with("op=")) {
    to.op = pair.substr(3);
  } else if (pair.starts_with("branch_id=")) {
    std::size_t number = 0;
    std::from_chars(pair.data() + 10, pair.data() + pair.size(), number);
    to.branch = number - 1;
  }
}

}  // namespace

framing frame(std::string_view buffer, framed_message& to) {
  const std::size_t head = buffer.find("\r\n\r\n");
  if (head == std::string_view::npos) return framing::incomplete;
  const std::size_t line = buffer.find("\r\n");
  const auto body = body_size(buffer.substr(line + 2, head - line));
  if (!body) return framing::broken;
  to.start_line = buffer.substr(0, line);
  to.size = head + 4 + *body;
  return to.size <= buffer.size() ? framing::whole : framing::incomplete;
}

int status_of(std::string_view start_line) {
  int status = 0;
  if (start_line.size() >= 12) std::from_chars(start_line.data() + 9, start_line.data() + 12, status);
  return status;
}

std::optional<std::int64_t> retry_after_ms(std::string_view head) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size() - 1);
    const std::string_view line = head.substr(0, end);
    if (line.empty() || line == "\r") break;  // the body follows
    if (is_header(line, retry_name)) {
      const std::size_t digits = std::min(line.find_first_not_of(' ', retry_name.size()), line.size());
      std::int64_t seconds = 0;
      if (std::from_chars(line.data() + digits, line.data() + line.size(), seconds).ec != std::errc{}) break;
      return seconds * 1'000;
    }
    head.remove_prefix(end + 1);
  }
  return std::nullopt;
}

std::optional<branch_call> parse_call(std::string_view start_line) {
  const std::size_t from = start_line.find(' ') + 1;
  const std::size_t to = start_line.rfind(' ');
  if (from == 0 || to <= from) return std::nullopt;
  std::string_view query = start_line.substr(from, to - from);
  const std::size_t mark = std::min(query.find('?'), query.size());
  branch_call call;
  call.path = query.substr(0, mark);
  query.remove_prefix(std::min(mark + 1, query.size()));
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    read_parameter(query.substr(0, end), call);
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return call;
}

}  // namespace treaty::load
